import { Logger } from '@nestjs/common';

/** Logs one warning at the first call of `pass`, and lets the caller continue. */
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
