import { WebhookDelivery, type RetryPolicy, type WebhookEvent } from './webhook-delivery.js';
import type { DeliveryAnswer } from './delivery.js';
import type { SimulatorClock } from '../simulator-clock.js';
import type { WebhookSender } from './webhook-sender.js';

/** Dependencies of the deliverer. */
export interface DelivererSettings extends RetryPolicy {
  readonly deliveryTimeoutMs: number;
  readonly clock: SimulatorClock;
  readonly send: WebhookSender;
  /** Returns the current webhook URL of an application. */
  readonly webhookUrlOf: (clientId: string) => string | undefined;
  /** Called when the last attempt has failed. */
  readonly onGivenUp: (delivery: WebhookDelivery) => void;
}

/** Delivers webhooks, with retries until they are acknowledged or given up. Owns the pauses before retries. */
export class WebhookDeliverer {
  readonly #settings: DelivererSettings;
  readonly #deliveries: WebhookDelivery[] = [];
  /** How to cancel the pause before the next attempt. */
  readonly #pauses = new Map<WebhookDelivery, () => void>();
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
    for (const [delivery, cancel] of this.#pauses) {
      cancel();
      delivery.hasten(factor, this.#settings.clock.now());
      this.#schedule(delivery);
    }
  }

  /** Starts, or resumes open deliveries after a stop. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    for (const delivery of this.#deliveries) this.#schedule(delivery);
  }

  /** Aborts requests in flight and ends all pauses. Open deliveries wait for the next start. */
  async stop(): Promise<void> {
    this.#running?.abort();
    this.#running = undefined;
    for (const cancel of this.#pauses.values()) cancel();
    this.#pauses.clear();
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
    void this.#begin(delivery);
    return delivery;
  }

  #schedule(delivery: WebhookDelivery): void {
    const at = delivery.nextAttemptAt;
    if (at === undefined || !this.#running) return;
    const { clock } = this.#settings;
    const begin = (): Promise<void> => {
      this.#pauses.delete(delivery);
      return this.#begin(delivery);
    };
    this.#pauses.set(delivery, clock.after(Math.max(0, at - clock.now()), begin));
  }

  #begin(delivery: WebhookDelivery): Promise<void> {
    const attempt = this.#attempt(delivery).finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
    return attempt;
  }

  async #attempt(delivery: WebhookDelivery): Promise<void> {
    delivery.beginAttempt(this.#settings.clock.now());
    const answer = await this.#send(delivery);
    delivery.endAttempt(answer, this.#settings.clock.now(), this.#speed);
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
