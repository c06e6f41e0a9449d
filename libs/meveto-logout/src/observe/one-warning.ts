import { Logger } from '@nestjs/common';

/** Lets something pass unchecked, and says so once. */
export class OneWarning {
  readonly #logger = new Logger('MevetoLogout');
  #isSaid = false;

  constructor(private readonly text: string) {}

  pass(): true {
    if (!this.#isSaid) this.#logger.warn(this.text);
    this.#isSaid = true;
    return true;
  }
}
