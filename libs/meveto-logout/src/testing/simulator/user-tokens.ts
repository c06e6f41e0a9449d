import { randomBytes } from 'node:crypto';

/** One request to the user endpoint. */
export interface Exchange {
  /** The complete token as it was sent. Do not log it. */
  readonly token: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: 'retrieved' | 'invalid';
}

/** Result of an exchange. */
export type ExchangeOutcome =
  { readonly kind: 'retrieved'; readonly mevetoId: string } | { readonly kind: 'invalid' };

/** User tokens: unique, and valid for one exchange. */
export class UserTokens {
  readonly #live = new Map<string, string>();
  readonly #exchanges: Exchange[] = [];

  constructor(private readonly now: () => number) {}

  /** Every exchange so far, oldest first. */
  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  issue(mevetoId: string): string {
    const token = randomBytes(24).toString('hex');
    this.#live.set(token, mevetoId);
    return token;
  }

  /** Uses up the token and returns its person. */
  exchange(token: string): ExchangeOutcome {
    const mevetoId = this.#live.get(token);
    const outcome: ExchangeOutcome =
      mevetoId === undefined ? { kind: 'invalid' } : { kind: 'retrieved', mevetoId };
    this.#live.delete(token);
    this.#exchanges.push({ token, at: this.now(), outcome: outcome.kind });
    return outcome;
  }

  isUsedUp(token: string): boolean {
    return !this.#live.has(token);
  }
}
