import { randomBytes } from 'node:crypto';
import {
  acknowledges,
  type Delivery,
  type DeliveryAnswer,
  type DeliveryAttempt,
  type DeliveryState,
  type WebhookType,
} from './delivery.js';

/** What happened, and whom to tell. */
export interface WebhookEvent {
  readonly type: WebhookType;
  readonly clientId: string;
  readonly mevetoId: string;
  readonly userToken: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** How often, and how far apart, attempts are made. */
export interface RetryPolicy {
  /** Milliseconds from the first failure to the second attempt; doubled before each further one. */
  readonly retryDelayMs: number;
  readonly attemptCount: number;
}

/** The state of one delivery: knows when to try again and when to give up, but neither timers nor HTTP. */
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

  /** @param sequence position among all events, from 1: the cursor of the pending list */
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
  // Accessors stay out of console.log and JSON, and so does the token.
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

  /** @param speed how many times faster than in real life the next attempt follows */
  endAttempt(answer: DeliveryAnswer, endedAt: number, speed = 1): void {
    const attempt = this.#attempts.pop();
    if (attempt === undefined) throw new Error('No attempt is under way. Call beginAttempt first.');
    this.#attempts.push({ ...attempt, answer });
    if (acknowledges(answer)) this.#settle('acknowledged');
    else if (attempt.number >= this.#policy.attemptCount) this.#settle('failed');
    else this.#nextAttemptAt = endedAt + (this.#policy.retryDelayMs * 2 ** (attempt.number - 1)) / speed;
    this.#openFirstAttempted();
  }

  /** Divides what is left of the wait for the next attempt. */
  hasten(factor: number, now: number): void {
    if (this.#nextAttemptAt === undefined) return;
    this.#nextAttemptAt = now + Math.max(0, this.#nextAttemptAt - now) / factor;
  }

  #settle(state: DeliveryState): void {
    this.#state = state;
    this.#openSettled();
  }
}
