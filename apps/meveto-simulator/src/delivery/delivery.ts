/** What a webhook call tells the application. */
export type WebhookType = 'User_Logged_Out' | 'Meveto_Protection_Removed';

/** How an attempt ended: the application's status code, or why there was none. */
export type DeliveryAnswer =
  { readonly kind: 'status'; readonly status: number } | { readonly kind: 'error'; readonly reason: string };

/** One try to deliver a webhook call. Instants in epoch milliseconds. */
export interface DeliveryAttempt {
  /** 1 for the first. */
  readonly number: number;
  readonly startedAt: number;
  /** Missing while the application has not answered yet. */
  readonly answer?: DeliveryAnswer;
}

/** `delivering` until the application answers with 2xx (`acknowledged`) or all attempts are used up (`failed`). */
export type DeliveryState = 'delivering' | 'acknowledged' | 'failed';

/** One event and its way to the application. Changes as attempts are made. Instants in epoch milliseconds. */
export interface Delivery {
  /** The id on the pending list. */
  readonly id: string;
  readonly type: WebhookType;
  readonly clientId: string;
  readonly mevetoId: string;
  /** The same in every attempt, in full: keep it out of logs. */
  readonly userToken: string;
  readonly createdAt: number;
  readonly state: DeliveryState;
  readonly attempts: readonly DeliveryAttempt[];
  /** Missing while an attempt is under way and once no more will follow. */
  readonly nextAttemptAt: number | undefined;
  /** Resolves when the delivery is acknowledged or has failed. Stays open while the simulator is stopped. */
  readonly settled: Promise<void>;
}

/** The e-mail that Meveto writes to an application's owner when it gives a call up. */
export interface Notice {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly clientId: string;
  readonly mevetoId: string;
  readonly type: WebhookType;
  /** The mail in one line; without the token. */
  readonly text: string;
}

/** An answer in words: `HTTP 204` or the reason why there was none. */
export function describeAnswer(answer: DeliveryAnswer): string {
  return answer.kind === 'status' ? `HTTP ${String(answer.status)}` : answer.reason;
}

/** Any 2xx acknowledges a webhook call. */
export function acknowledges(answer: DeliveryAnswer): boolean {
  return answer.kind === 'status' && answer.status >= 200 && answer.status < 300;
}
