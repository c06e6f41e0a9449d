/** Type of a webhook. */
export type WebhookType = 'User_Logged_Out' | 'Meveto_Protection_Removed';

/** Result of an attempt: the application's status code, or the reason why there is none. */
export type DeliveryAnswer =
  { readonly kind: 'status'; readonly status: number } | { readonly kind: 'error'; readonly reason: string };

/** One attempt to deliver a webhook. Instants in epoch milliseconds. */
export interface DeliveryAttempt {
  /** 1 for the first attempt. */
  readonly number: number;
  readonly startedAt: number;
  /** Missing while the application has not answered yet. */
  readonly answer?: DeliveryAnswer;
}

/** `delivering` until the application answers with 2xx (`acknowledged`) or all attempts are used up (`failed`). */
export type DeliveryState = 'delivering' | 'acknowledged' | 'failed';

/** One event and its delivery to the application. Changes with each attempt. Instants in epoch milliseconds. */
export interface Delivery {
  /** The id on the list of pending webhooks. */
  readonly id: string;
  readonly type: WebhookType;
  readonly clientId: string;
  readonly mevetoId: string;
  /** The complete token, the same in every attempt. Do not log it. */
  readonly userToken: string;
  readonly createdAt: number;
  readonly state: DeliveryState;
  readonly attempts: readonly DeliveryAttempt[];
  /** Missing during an attempt and when no attempt follows. */
  readonly nextAttemptAt: number | undefined;
  /** Resolves when the delivery is acknowledged or has failed. Stays open while the simulator is stopped. */
  readonly settled: Promise<void>;
}

/** The e-mail to an application's owner when Meveto gives up a webhook. */
export interface Notice {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly clientId: string;
  readonly mevetoId: string;
  readonly type: WebhookType;
  /** The e-mail in one line, without the token. */
  readonly text: string;
}

/** Describes an answer: `HTTP 204`, or the reason why there is none. */
export function describeAnswer(answer: DeliveryAnswer): string {
  return answer.kind === 'status' ? `HTTP ${String(answer.status)}` : answer.reason;
}

/** Any 2xx acknowledges a webhook. */
export function acknowledges(answer: DeliveryAnswer): boolean {
  return answer.kind === 'status' && answer.status >= 200 && answer.status < 300;
}
