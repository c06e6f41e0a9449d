import { Logger } from '@nestjs/common';

const MOST_NAMES = 10;
const IDENTIFIER = /^[A-Za-z_$][\w$]{0,63}$/;

/** Warns once per name of an error. Shows only names in the form of identifiers, and only the first ten. */
export class WarningsByName {
  readonly #logger = new Logger('MevetoLogout');
  readonly #said = new Set<string>();

  constructor(private readonly textFor: (name: string) => string) {}

  /** Never shows the message of the error, which may hold a secret. */
  warnOf(error: unknown): void {
    const name = nameOf(error);
    if (this.#said.has(name) || this.#said.size >= MOST_NAMES) return;
    this.#said.add(name);
    this.#logger.warn(this.textFor(name));
  }
}

function nameOf(error: unknown): string {
  const name: unknown = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && IDENTIFIER.test(name) ? name : 'something without a usual name';
}
