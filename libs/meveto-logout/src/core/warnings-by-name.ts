import { Logger } from '@nestjs/common';
import { nameOfError } from './name-of-error.js';

const MOST_NAMES = 10;

/** Warns once per name of an error. Shows only names in the form of identifiers, and only the first ten. */
export class WarningsByName {
  readonly #logger = new Logger('MevetoLogout');
  readonly #said = new Set<string>();

  constructor(private readonly textFor: (name: string) => string) {}

  /** Never shows the message of the error, which may hold a secret. */
  warnOf(error: unknown): void {
    const name = nameOfError(error);
    if (this.#said.has(name) || this.#said.size >= MOST_NAMES) return;
    this.#said.add(name);
    this.#logger.warn(this.textFor(name));
  }
}
