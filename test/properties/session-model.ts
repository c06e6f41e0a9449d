/** A session in the model. */
export interface ModelSession {
  readonly user: number;
  /** The start of the session, epoch milliseconds. */
  readonly beganAt: number;
}

/** A smaller difference, in milliseconds, is not a step back of the clock. */
const STEP_MS = 1_000;

interface ModelLogout {
  readonly user: number;
  readonly at: number;
}

/**
 * The model of promise P7: a session is over if it began at or before an applied logout. A logout is dated by the first receipt of
 * its webhook. A listed webhook with `created_at` is dated by that time, but never later than its first receipt. After a step back
 * of the clock it is dated later by the size of the step, up to the end of the step.
 *
 * The clock may step. The present time is the latest time that was seen or issued. A login begins after every receipt so far.
 */
export class SessionModel {
  readonly #receivedAt = new Map<number, number>();
  readonly #applied: ModelLogout[] = [];
  /** The last logout of each user in the application's row. */
  readonly #onRow = new Map<number, number>();
  #present = 0;
  #lastHeardOfAt = 0;
  #latestClock = 0;
  #isSetBack = false;
  /** The end of the last step back, and the size of the largest one. */
  #stepBack = { until: 0, byMs: 0 };
  #forgottenUntil = 0;

  /** Notes a reading of the clock. Returns the present time. */
  sees(clock: number): number {
    const isSetBack = clock < this.#latestClock && (this.#isSetBack || clock <= this.#latestClock - STEP_MS);
    this.#isSetBack = isSetBack;
    this.#present = Math.max(this.#present, clock);
    if (isSetBack) this.#stepBack.byMs = Math.max(this.#stepBack.byMs, this.#latestClock - clock);
    if (isSetBack || this.#present - clock >= STEP_MS) this.#stepBack.until = this.#present;
    this.#latestClock = Math.max(this.#latestClock, clock);
    return this.#present;
  }

  receive(webhook: number, clock: number, createdAt = Infinity): void {
    const now = this.sees(clock);
    this.#lastHeardOfAt = now;
    if (this.#receivedAt.has(webhook)) return;
    const { until, byMs } = this.#stepBack;
    const receivedAt = createdAt <= until ? Math.min(createdAt + byMs, until) : createdAt;
    this.#receivedAt.set(webhook, Math.min(receivedAt, now));
  }

  /** Notes a last logout that the application has written. */
  rowSays(user: number, at: number): void {
    this.#onRow.set(user, at);
  }

  /** Notes that logouts up to this time may have been deleted. */
  forgot(until: number): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, until);
  }

  /** Notes an applied logout. Returns its index. */
  applied(webhook: number, user: number, clock: number): number {
    const onRow = this.#onRowOf(user, this.sees(clock));
    const at = this.#receivedAt.get(webhook);
    if (at === undefined) throw new Error('A webhook was applied that was never received.');
    const place = this.#applied.push({ user, at }) - 1;
    this.#onRow.set(user, Math.max(onRow, this.#lastLogoutOf(user)));
    return place;
  }

  /** The start of the session of a login; undefined if the login must be refused. */
  logIn(user: number, clock: number, authenticatedAt = Infinity): number | undefined {
    const now = this.sees(clock);
    const loggedOutAt = Math.max(this.#lastLogoutOf(user), this.#onRowOf(user, now));
    if (authenticatedAt <= loggedOutAt) return undefined;
    if (authenticatedAt <= now) return authenticatedAt;
    this.#present = Math.max(now, this.#lastHeardOfAt + 1, loggedOutAt + 1);
    return this.#present;
  }

  /** @param known the indexes of the logouts that count; all by default */
  isOver({ user, beganAt }: ModelSession, known?: ReadonlySet<number>): boolean {
    return this.#applied.some(
      (logout, place) =>
        logout.user === user && beganAt <= logout.at && (known === undefined || known.has(place)),
    );
  }

  /** Whether a session may count as over: also if it began before a deleted logout of any user. */
  mayBeOver(session: ModelSession): boolean {
    return this.isOver(session) || session.beganAt <= this.#forgottenUntil;
  }

  /** The last logout in the row. A value in the future does not count. */
  #onRowOf(user: number, now: number): number {
    const at = this.#onRow.get(user) ?? 0;
    return at <= now ? at : 0;
  }

  #lastLogoutOf(user: number): number {
    return Math.max(0, ...this.#applied.filter((logout) => logout.user === user).map(({ at }) => at));
  }

  /** The indexes of all logouts so far. */
  allApplied(): ReadonlySet<number> {
    return new Set(this.#applied.keys());
  }
}
