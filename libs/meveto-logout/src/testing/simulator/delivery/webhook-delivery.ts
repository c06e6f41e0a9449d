import { randomBytes } from 'node:crypto';
import {
  acknowledges,
  type Delivery,
  type DeliveryAnswer,
  type DeliveryAttempt,
  type DeliveryState,
  type WebhookType,
} from './delivery.js';

/** An event, and the application to notify. */
export interface WebhookEvent {
  readonly type: WebhookType;
  readonly clientId: string;
  readonly mevetoId: string;
  readonly userToken: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Number of attempts and pauses between them. */
export interface RetryPolicy {
  /** Milliseconds from the first failure to the second attempt; doubles before each further attempt. */
  readonly retryDelayMs: number;
  readonly attemptCount: number;
}

/** The state of one delivery: decides when to try again and when to give up, without timers and HTTP. */
export class WebhookDelivery implements Delivery {
  readonly id = `wh_${randomBytes(8).toString('hex')}`;
  readonly firstAttempted: Promise<void>;
  readonly settled: Promise<void>;
  readonly #event: WebhookEvent;
  readonly #policy: RetryPolicy;
  readonly #attempts: DeliveryAttempt[] = [];
  #state: DeliveryState = 'delivering';
  #nextAttemptAt: number | undefined;
  #openFirstAttempted!: () => void;
  #openSettled!: () => void;

  /** @param sequence position among all events, from 1: the cursor of the list of pending webhooks */
  constructor(
    readonly sequence: number,
    event: WebhookEvent,
    policy: RetryPolicy,
  ) {
    this.#event = event;
    this.#policy = policy;
    this.#nextAttemptAt = event.createdAt;
    this.firstAttempted = new Promise((resolve) => (this.#openFirstAttempted = resolve));
    this.settled = new Promise((resolve) => (this.#openSettled = resolve));
  }

  get type(): WebhookType {
    return this.#event.type;
  }
  get clientId(): string {
    return this.#event.clientId;
  }
  get mevetoId(): string {
    return this.#event.mevetoId;
  }
  // console.log and JSON omit accessors, and so omit the token.
  get userToken(): string {
    return this.#event.userToken;
  }
  get createdAt(): number {
    return this.#event.createdAt;
  }
  get state(): DeliveryState {
    return this.#state;
  }
  get attempts(): readonly DeliveryAttempt[] {
    return this.#attempts;
  }
  get nextAttemptAt(): number | undefined {
    return this.#nextAttemptAt;
  }

  beginAttempt(startedAt: number): void {
    this.#nextAttemptAt = undefined;
    this.#attempts.push({ number: this.#attempts.length + 1, startedAt });
  }

  /** @param speed factor by which the pause before the next attempt is shortened */
  endAttempt(answer: DeliveryAnswer, endedAt: number, speed = 1): void {
    const attempt = this.#attempts.pop();
    if (attempt === undefined) throw new Error('No attempt is under way. Call beginAttempt first.');
    this.#attempts.push({ ...attempt, answer });
    if (acknowledges(answer)) this.#finish('acknowledged');
    else if (attempt.number >= this.#policy.attemptCount) this.#finish('failed');
    else this.#nextAttemptAt = endedAt + (this.#policy.retryDelayMs * 2 ** (attempt.number - 1)) / speed;
    this.#openFirstAttempted();
  }

  /** Divides the rest of the pause before the next attempt. */
  hasten(factor: number, now: number): void {
    if (this.#nextAttemptAt === undefined) return;
    this.#nextAttemptAt = now + Math.max(0, this.#nextAttemptAt - now) / factor;
  }

  #finish(state: DeliveryState): void {
    this.#state = state;
    this.#openSettled();
  }
}
