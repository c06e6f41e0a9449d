/** A session as the model sees it. */
export interface ModelSession {
  readonly user: number;
  /** When it began, epoch milliseconds. */
  readonly beganAt: number;
}

interface ModelLogout {
  readonly user: number;
  readonly at: number;
}

/**
 * What promise P7 says, in as few words as possible: a session is over if it began at or before a logout that was applied.
 * A logout is of the moment when the call was first heard of: by webhook, that moment; from the pending list, when Meveto
 * made it, if it says so, and never later than that moment.
 */
export class SessionModel {
  readonly #heardOfAt = new Map<number, number>();
  readonly #applied: ModelLogout[] = [];

  heardOf(call: number, now: number, createdAt?: number): void {
    if (this.#heardOfAt.has(call)) return;
    this.#heardOfAt.set(call, createdAt !== undefined && createdAt < now ? createdAt : now);
  }

  /** Resolves with the logout's place among those applied. */
  applied(call: number, user: number): number {
    const at = this.#heardOfAt.get(call);
    if (at === undefined) throw new Error('A call that nobody has heard of was applied.');
    return this.#applied.push({ user, at }) - 1;
  }

  /** When a login begins a session; undefined if it must be refused. */
  logIn(user: number, now: number, authenticatedAt: number | undefined): number | undefined {
    if (authenticatedAt !== undefined && this.isOver({ user, beganAt: authenticatedAt })) return undefined;
    let beganAt = authenticatedAt !== undefined && authenticatedAt < now ? authenticatedAt : now;
    // Only after a logout that the store's clock has not passed yet.
    while (this.isOver({ user, beganAt })) beganAt += 1;
    return beganAt;
  }

  /** @param known the logouts that count, by their places; all by default */
  isOver({ user, beganAt }: ModelSession, known?: ReadonlySet<number>): boolean {
    return this.#applied.some(
      (logout, place) =>
        logout.user === user && beganAt <= logout.at && (known === undefined || known.has(place)),
    );
  }

  /** The places of all logouts so far. */
  allApplied(): ReadonlySet<number> {
    return new Set(this.#applied.keys());
  }
}
