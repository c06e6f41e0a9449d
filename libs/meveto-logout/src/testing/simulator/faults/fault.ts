/** A fault before a request of the API has any effect: a token stays valid. */
export type RefusingFault =
  /** Refused with this status. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** HTTP 200 with `error` and `error_description`. */
  | { readonly kind: 'error-body' }
  /** The connection is closed. */
  | { readonly kind: 'cut' };

/** A fault after a request of the API has taken effect: a token is used up. */
export type SpoilingFault =
  /** The answer is late. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** The connection is closed instead of an answer. */
  | { readonly kind: 'lost-answer' }
  /** The answer is an HTML page. */
  | { readonly kind: 'not-json' }
  /** The answer is half of the JSON. */
  | { readonly kind: 'cut-off-json' }
  /** The answer is correct, but has megabytes of additional data. */
  | { readonly kind: 'huge' }
  /** The answer is JSON with the right names and wrong types. */
  | { readonly kind: 'wrong-shape' };

/** A fault of one request of Meveto's API. */
export type AnswerFault = RefusingFault | SpoilingFault;

/** A fault of one webhook. */
export type DeliveryFault =
  /** Sent late. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** Sent twice at the same time. */
  | { readonly kind: 'duplicate' }
  /** Delayed until the next webhook has been answered, for at most `holdMs` (2 s). */
  | { readonly kind: 'reorder'; readonly holdMs?: number }
  /** Sent, but the answer is lost: Meveto tries again what the application has acknowledged. */
  | { readonly kind: 'lost-answer' }
  /** No attempt of this webhook is sent: it only appears on the list of pending webhooks. */
  | { readonly kind: 'never' };

/** When a fault occurs. Without both: every time. */
export interface Occurrence {
  /** Number of occurrences. Integer, 1 or more. */
  readonly count?: number;
  /** Probability of an occurrence, repeatable by the simulator's `faultSeed`. From 0 to 1. */
  readonly probability?: number;
}

/** The faults of an endpoint: one, or several, of which the first that occurs is used. */
export type Planned<Fault> = (Fault & Occurrence) | readonly (Fault & Occurrence)[];

/** Planned faults by endpoint. */
export interface FaultsByEndpoint {
  /** Exchange of a user token for a Meveto ID. */
  readonly exchange: Planned<AnswerFault>;
  /** Reading the list of pending webhooks. */
  readonly pending: Planned<AnswerFault>;
  /** A login: redeeming the code, or requesting the person. */
  readonly login: Planned<AnswerFault>;
  /** Delivery of a webhook. */
  readonly webhook: Planned<DeliveryFault>;
}

export type Endpoint = keyof FaultsByEndpoint;

export const ENDPOINTS = ['exchange', 'pending', 'login', 'webhook'] as const satisfies readonly Endpoint[];
