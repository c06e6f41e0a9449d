import { setTimeout as delay } from 'node:timers/promises';
import type { ExchangeFault, MevetoEvent, ModelMeveto } from '../world/model-meveto.js';
import type { Random } from './random.js';

/** Users who are logged out repeatedly. */
const USER_COUNT = 40;
/** Users who remove Meveto's protection, once each. */
const REMOVING_USER_COUNT = 4_000;
const FIRST_REMOVING_USER = 1_001;

export const userIds: readonly number[] = [
  ...Array.from({ length: USER_COUNT }, (_, index) => index + 1),
  ...Array.from({ length: REMOVING_USER_COUNT }, (_, index) => index + FIRST_REMOVING_USER),
];

const SHARES = { forged: 0.15, removed: 0.05, unknownPerson: 0.03, sentTwice: 0.15 };
const FAULTS: readonly (readonly [ExchangeFault, number])[] = [
  ['lose-answer', 0.06],
  ['swallow-answer', 0.01],
  ['time-out', 0.02],
  ['error', 0.02],
];
const SLOWEST_ANSWER_MS = 60;
/** Length of the times between Meveto's outages. */
const UP_MS = [500, 6_000] as const;
const GONE_MS = [50, 1_500] as const;

/** Sends webhooks continuously, from a Meveto that is sometimes late and loses some of its answers. */
export class Traffic {
  readonly #deliveries = new Set<Promise<unknown>>();
  #isOn = false;
  #loop: Promise<void> = Promise.resolve();
  #outages: Promise<void> = Promise.resolve();
  readonly #over = new AbortController();
  #removals = 0;

  constructor(
    private readonly meveto: ModelMeveto,
    private readonly random: Random,
    /** Random numbers for the outages of Meveto. */
    private readonly outages: Random,
    private readonly webhooksPerSecond: number,
  ) {}

  start(): void {
    this.#isOn = true;
    this.meveto.decide = () => this.#fault();
    this.meveto.beforeExchange = () => delay(this.random.between(0, SLOWEST_ANSWER_MS));
    this.meveto.beforeAnswer = () => delay(this.random.between(0, SLOWEST_ANSWER_MS / 4));
    this.#loop = this.#send();
    this.#outages = this.#comeAndGo();
  }

  /** Sends no new webhooks, waits for deliveries in flight, and lets Meveto answer everything from now on. */
  async stop(): Promise<void> {
    this.#isOn = false;
    this.#over.abort();
    await Promise.all([this.#loop, this.#outages]);
    await Promise.all(this.#deliveries);
    this.meveto.decide = () => 'none';
  }

  async #send(): Promise<void> {
    while (this.#isOn) {
      const event = this.#happen();
      this.#deliver(event, 0);
      if (this.random.chance(SHARES.sentTwice)) this.#deliver(event, this.random.between(0, 1_500));
      await delay(this.random.between(0, 2_000 / this.webhooksPerSecond));
    }
  }

  async #comeAndGo(): Promise<void> {
    while (this.#isOn) {
      const upMs = this.outages.between(...UP_MS);
      const isOver = await delay(upMs, false, { signal: this.#over.signal }).catch(() => true);
      if (!isOver) await this.meveto.refuseFor(this.outages.between(...GONE_MS));
    }
  }

  #deliver(event: MevetoEvent, afterMs: number): void {
    const delivery = delay(afterMs)
      .then(() => this.meveto.deliver(event))
      .finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
  }

  #happen(): MevetoEvent {
    const kind = this.random.next();
    if (kind < SHARES.forged) return this.meveto.forge();
    if (kind < SHARES.forged + SHARES.removed && this.#removals < REMOVING_USER_COUNT) {
      this.#removals += 1;
      return this.meveto.happen(
        `m-${String(FIRST_REMOVING_USER + this.#removals - 1)}`,
        'Meveto_Protection_Removed',
      );
    }
    if (kind > 1 - SHARES.unknownPerson) return this.meveto.happen('unknown-person');
    return this.meveto.happen(`m-${String(1 + this.random.integer(USER_COUNT))}`);
  }

  #fault(): ExchangeFault {
    let left = this.random.next();
    for (const [fault, share] of FAULTS) {
      if (left < share) return fault;
      left -= share;
    }
    return 'none';
  }
}
