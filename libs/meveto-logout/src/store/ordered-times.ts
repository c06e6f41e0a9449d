/** Smaller differences are not a step of the clock: a login may begin 1 ms ahead of it, and readings may arrive out of order. */
const STEP_MS = 1_000;

/** A step back of the store's clock. */
export interface StepBack {
  /** The latest time issued before the clock catches up, epoch milliseconds. */
  readonly until: number;
  /** How far the clock was set back, in milliseconds; 0 if it never was. */
  readonly byMs: number;
}

/**
 * Dates receipts, logouts and logins of one process. A receipt or a logout is never dated before a time that the process has
 * seen or issued. The store's clock may step back; these times do not. They stay unchanged until the clock has caught up. Equal
 * times are allowed, so that a flood of jobs cannot move the times ahead.
 *
 * Leases, delays, times to live and purges use the clock alone.
 */
export class OrderedTimes {
  /** The latest store time that this process has seen or issued. */
  #floor = 0;
  /** The latest receipt or logout that this process knows. */
  #lastEvent = 0;
  /** The latest reading of the clock, and when the reading arrived by `performance.now()`. */
  #latest = { clock: 0, arrivedAt: 0 };
  /** True from the last step back until the clock has caught up. */
  #isSetBack = false;
  /** The end of the last step back, and the size of the largest one. */
  #stepBack: StepBack = { until: 0, byMs: 0 };

  /** @param behind called with the milliseconds by which the store's clock is behind, whenever it is */
  constructor(private readonly behind: (behindMs: number) => void) {}

  /**
   * Observes a reading of the store's clock. Only a step back that is larger than the reading's round trip counts, because an
   * answer may arrive late, after the answer to a later reading.
   * @param clock epoch milliseconds
   * @param askedAt when the reading was requested, of `performance.now()`
   */
  sees(clock: number, askedAt = performance.now()): void {
    const arrivedAt = performance.now();
    const isStep = this.#watchClock(clock, askedAt, arrivedAt);
    const aheadMs = this.aheadOf(clock);
    const isAhead = aheadMs - (arrivedAt - askedAt) >= STEP_MS;
    if (isStep || isAhead) this.#stepBack = { ...this.#stepBack, until: this.#floor };
    if (isAhead) this.behind(aheadMs);
  }

  /**
   * The present time: the later one of the clock and the latest time that this process has seen or issued.
   * @param clock the store's clock, epoch milliseconds
   */
  present(clock: number): number {
    this.#floor = Math.max(this.#floor, clock);
    return this.#floor;
  }

  /** How far the present time is ahead of the clock, in milliseconds. */
  aheadOf(clock: number): number {
    return this.present(clock) - clock;
  }

  /**
   * The time to store where the clock counts: the present time if the clock is less than a second behind. After a larger step
   * back the clock itself, because times to live use the clock.
   */
  clock(clock: number): number {
    const present = this.present(clock);
    return present - clock < STEP_MS ? present : clock;
  }

  /** The time of a logout that happens now. */
  ofLogout(clock: number): number {
    const at = this.present(clock);
    this.learnEvent(at);
    return at;
  }

  /**
   * The time of a job that is received now. A listed webhook gets its `createdAt`, but never a time later than now. After a step
   * back the clock may have been right before the step or after it. So a webhook created before the end of the step is dated
   * later by the size of the step, but not after the end of the step: the job ends every session that it may be meant for.
   */
  ofReceipt(clock: number, createdAt?: number): number {
    const present = this.ofLogout(clock);
    if (createdAt === undefined) return present;
    const { until, byMs } = this.#stepBack;
    const datedAt = createdAt <= until ? Math.min(createdAt + byMs, until) : createdAt;
    return Math.min(datedAt, present);
  }

  /**
   * The time of a login that happens now: at least 1 ms after each receipt and logout that this process knows. Earlier logins do
   * not count, so that many logins cannot move the time ahead.
   * @param loggedOutAt the user's last logout; 0 for none
   * @param authenticatedAt when the user authenticated; the login keeps this time unless it lies in the future
   */
  ofLogin(clock: number, loggedOutAt = 0, authenticatedAt = Infinity): number {
    const present = this.present(clock);
    if (authenticatedAt <= present) return authenticatedAt;
    this.#floor = Math.max(present, this.#lastEvent + 1, loggedOutAt + 1);
    return this.#floor;
  }

  /** Notes the time of a receipt or a logout of this process or another one, epoch milliseconds. */
  learnEvent(at: number): void {
    this.#lastEvent = Math.max(this.#lastEvent, at);
    this.#floor = Math.max(this.#floor, at);
  }

  /** Continues from the latest stored time: a former reading of the clock. */
  continueFrom(at: number): void {
    if (at > this.#latest.clock) this.#latest = { clock: at, arrivedAt: performance.now() };
    this.learnEvent(at);
  }

  /** Notes a step back that another process has published. The present time is not before its end. */
  learnStepBack({ until, byMs }: StepBack): void {
    this.#stepBack = {
      until: Math.max(this.#stepBack.until, until),
      byMs: Math.max(this.#stepBack.byMs, byMs),
    };
    this.#floor = Math.max(this.#floor, until);
  }

  /**
   * The step back that this process has to publish, so that the times of other processes are not before its own. Undefined if
   * there is nothing to publish, or once the clock has caught up.
   * @param clock a reading taken now
   * @param known the step back that is already published
   */
  unpublished(clock: number, known: StepBack): StepBack | undefined {
    if (this.aheadOf(clock) < STEP_MS) return undefined;
    const { byMs } = this.#stepBack;
    const isKnown = known.until >= this.#floor && byMs - known.byMs < STEP_MS;
    return isKnown ? undefined : { until: this.#floor, byMs };
  }

  /** Whether this reading shows a step back, or the clock has not caught up since one. */
  #watchClock(clock: number, askedAt: number, arrivedAt: number): boolean {
    const latest = this.#latest;
    const isStep = latest.clock + askedAt - latest.arrivedAt - clock >= STEP_MS;
    const isBehind = clock < latest.clock;
    this.#isSetBack = isBehind && (this.#isSetBack || isStep);
    if (!isBehind) this.#latest = { clock, arrivedAt };
    if (!isStep && !this.#isSetBack) return false;
    const byMs = Math.ceil(latest.clock + arrivedAt - latest.arrivedAt - clock);
    this.#stepBack = { ...this.#stepBack, byMs: Math.max(this.#stepBack.byMs, byMs) };
    return true;
  }
}
