/** What goes wrong before a request of the API does anything: a token stays good. */
export type RefusingFault =
  /** Refused with this status. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** HTTP 200 with `error` and `error_description`. */
  | { readonly kind: 'error-body' }
  /** The connection is cut. */
  | { readonly kind: 'cut' };

/** What goes wrong after a request of the API has worked: a token is used up. */
export type SpoilingFault =
  /** The answer comes late. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** The connection is cut instead of an answer. */
  | { readonly kind: 'lost-answer' }
  /** A page of HTML comes back. */
  | { readonly kind: 'not-json' }
  /** Half of the JSON comes back. */
  | { readonly kind: 'cut-off-json' }
  /** The right answer comes back with megabytes around it. */
  | { readonly kind: 'huge' }
  /** JSON comes back that has the right names and the wrong types. */
  | { readonly kind: 'wrong-shape' };

/** What goes wrong with one request of Meveto's API. */
export type AnswerFault = RefusingFault | SpoilingFault;

/** What goes wrong with one webhook call. */
export type DeliveryFault =
  /** Sent late. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** Sent twice at the same time. */
  | { readonly kind: 'duplicate' }
  /** Held back until the next call has been answered, `holdMs` (2 s) at most. */
  | { readonly kind: 'reorder'; readonly holdMs?: number }
  /** Sent, but the answer is lost: Meveto tries again what the application has acknowledged. */
  | { readonly kind: 'lost-answer' }
  /** Neither this attempt nor a later one of the same call is sent: it is found on the pending list only. */
  | { readonly kind: 'never' };

/** When a fault strikes. Without both: every time. */
export interface Occurrence {
  /** Strikes so often, then never again. Integer, 1 or more. */
  readonly count?: number;
  /** Strikes by chance, repeatable by the simulator's `faultSeed`. From 0 to 1. */
  readonly probability?: number;
}

/** What an endpoint suffers from: one fault, or several, of which the first that strikes is taken. */
export type Planned<Fault> = (Fault & Occurrence) | readonly (Fault & Occurrence)[];

/** What goes wrong, by endpoint. */
export interface FaultsByEndpoint {
  /** A user token is exchanged for a Meveto ID. */
  readonly exchange: Planned<AnswerFault>;
  /** The pending list is read. */
  readonly pending: Planned<AnswerFault>;
  /** A login: the code is redeemed, or the person asked for. */
  readonly login: Planned<AnswerFault>;
  /** Meveto posts a webhook call. */
  readonly webhook: Planned<DeliveryFault>;
}

export type Endpoint = keyof FaultsByEndpoint;

export const ENDPOINTS = ['exchange', 'pending', 'login', 'webhook'] as const satisfies readonly Endpoint[];
