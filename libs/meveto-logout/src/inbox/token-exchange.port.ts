import type { UserToken } from '../store/index.js';

/** Result of a token exchange. */
export type ExchangeOutcome =
  /** Meveto named the person; the token is used up. */
  | { readonly kind: 'person'; readonly mevetoId: string }
  /** Meveto rejected the token: it is forged, or was used up before. */
  | { readonly kind: 'invalid' }
  /** No answer that counts. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      /** False only if certainly no byte of the token reached Meveto. */
      readonly maybeSent: boolean;
      /** Pause that Meveto asks for, in milliseconds. */
      readonly retryAfterMs?: number;
    };

/** Exchanges a one-time token for a Meveto ID. Never throws: a failure is an outcome. */
export abstract class TokenExchange {
  /** An exchange has its outcome within this time, in milliseconds. */
  abstract readonly deadlineMs: number;
  abstract exchange(token: UserToken, signal: AbortSignal): Promise<ExchangeOutcome>;
}
