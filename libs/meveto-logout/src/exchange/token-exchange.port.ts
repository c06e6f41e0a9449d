import type { UserToken } from '../model/user-token.js';

/** What came of asking Meveto whose token this is. */
export type ExchangeOutcome =
  /** Meveto named the person; the token is used up. */
  | { readonly kind: 'person'; readonly mevetoId: string }
  /** Meveto says the token is no good: forged, or used up before. */
  | { readonly kind: 'invalid' }
  /** No answer that counts. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      /** False only if it is certain that not a byte of the token reached Meveto. */
      readonly maybeSent: boolean;
      /** Meveto asked to wait this long, in milliseconds. */
      readonly retryAfterMs?: number;
    };

/** Exchanges a one-time token for a Meveto ID. Never throws: trouble is an outcome. */
export abstract class TokenExchange {
  abstract exchange(token: UserToken, signal: AbortSignal): Promise<ExchangeOutcome>;
}
