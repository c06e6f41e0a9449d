import { inspect } from 'node:util';

const REDACTED = '[one-time token]';

/**
 * Meveto's one-time user token. Printing, serialising and inspecting give a placeholder, so that no log, error or trace contains
 * the token by accident. Only `reveal()` returns the text.
 */
export class UserToken {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
