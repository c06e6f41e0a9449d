/**
 * Records logins. Those of one user take turns in the store anyway, for each locks the user; here they wait without a
 * connection, and all that wait for the same turn share one record: hundreds of logins of one user at once must not keep
 * everybody else from the store.
 */
export class LoginRecorder {
  readonly #running = new Map<string, Promise<number>>();
  readonly #waiting = new Map<string, Promise<number>>();

  /** @param recordNow records a login of a user now, and resolves with when it begins */
  constructor(private readonly recordNow: (userId: string) => Promise<number>) {}

  /** A login that is proven now. It begins when its turn comes, which is after this call in any case. */
  record(userId: string): Promise<number> {
    const running = this.#running.get(userId);
    if (running === undefined) return this.#start(userId);
    const known = this.#waiting.get(userId);
    if (known !== undefined) return known;
    const begin = (): Promise<number> => {
      this.#waiting.delete(userId);
      return this.#start(userId);
    };
    const next = running.then(begin, begin);
    this.#waiting.set(userId, next);
    return next;
  }

  #start(userId: string): Promise<number> {
    const recording = this.recordNow(userId).finally(() => this.#running.delete(userId));
    this.#running.set(userId, recording);
    return recording;
  }
}
