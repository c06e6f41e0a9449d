import { WebhookDelivery, type RetryPolicy, type WebhookEvent } from './webhook-delivery.js';
import type { DeliveryAnswer } from './delivery.js';
import type { WebhookSender } from './webhook-sender.js';

/** Dependencies of the deliverer. */
export interface DelivererSettings extends RetryPolicy {
  readonly deliveryTimeoutMs: number;
  readonly now: () => number;
  readonly send: WebhookSender;
  /** Returns the current webhook URL of an application. */
  readonly webhookUrlOf: (clientId: string) => string | undefined;
  /** Called when the last attempt has failed. */
  readonly onGivenUp: (delivery: WebhookDelivery) => void;
}

/** Delivers webhooks, with retries until they are acknowledged or given up. Owns the timers of the retries. */
export class WebhookDeliverer {
  readonly #settings: DelivererSettings;
  readonly #deliveries: WebhookDelivery[] = [];
  readonly #timers = new Map<WebhookDelivery, NodeJS.Timeout>();
  readonly #underWay = new Set<Promise<void>>();
  #running: AbortController | undefined;
  #speed = 1;

  constructor(settings: DelivererSettings) {
    this.#settings = settings;
  }

  /** Every delivery so far, oldest first. */
  get deliveries(): readonly WebhookDelivery[] {
    return this.#deliveries;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Divides the pauses before retries by this factor, also for retries that are already scheduled. */
  setSpeed(speed: number): void {
    const factor = speed / this.#speed;
    this.#speed = speed;
    for (const [delivery, timer] of this.#timers) {
      clearTimeout(timer);
      delivery.hasten(factor, this.#settings.now());
      this.#schedule(delivery);
    }
  }

  /** Starts, or resumes open deliveries after a stop. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    for (const delivery of this.#deliveries) this.#schedule(delivery);
  }

  /** Aborts requests in flight and clears all timers. Open deliveries wait for the next start. */
  async stop(): Promise<void> {
    this.#running?.abort();
    this.#running = undefined;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#underWay);
  }

  /**
   * Makes the first attempt at once and returns without waiting for its answer.
   * @throws {Error} when not running
   */
  deliver(event: WebhookEvent): WebhookDelivery {
    if (!this.#running) throw new Error('The Meveto simulator is not running. Call start() first.');
    const delivery = new WebhookDelivery(this.#deliveries.length + 1, event, this.#settings);
    this.#deliveries.push(delivery);
    this.#begin(delivery);
    return delivery;
  }

  #schedule(delivery: WebhookDelivery): void {
    const at = delivery.nextAttemptAt;
    if (at === undefined || !this.#running) return;
    const begin = (): void => {
      this.#timers.delete(delivery);
      this.#begin(delivery);
    };
    this.#timers.set(delivery, setTimeout(begin, Math.max(0, at - this.#settings.now())));
  }

  #begin(delivery: WebhookDelivery): void {
    const attempt = this.#attempt(delivery).finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
  }

  async #attempt(delivery: WebhookDelivery): Promise<void> {
    delivery.beginAttempt(this.#settings.now());
    const answer = await this.#send(delivery);
    delivery.endAttempt(answer, this.#settings.now(), this.#speed);
    if (delivery.state === 'failed') this.#settings.onGivenUp(delivery);
    this.#schedule(delivery);
  }

  async #send(delivery: WebhookDelivery): Promise<DeliveryAnswer> {
    const { send, webhookUrlOf, deliveryTimeoutMs } = this.#settings;
    const url = webhookUrlOf(delivery.clientId);
    if (url === undefined || !this.#running) return { kind: 'error', reason: 'no webhook URL is registered' };
    const { type, userToken } = delivery;
    return send({ url, type, userToken, timeoutMs: deliveryTimeoutMs, stopped: this.#running.signal });
  }
}
