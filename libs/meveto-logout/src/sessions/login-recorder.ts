/**
 * Records logins one after the other for each user. Each login locks the user in the store, so the logins of one user cannot
 * run in parallel. Here they wait without a database connection, and all waiting logins share one record: hundreds of logins of
 * one user must not use up the connections of others.
 */
export class LoginRecorder {
  readonly #running = new Map<string, Promise<number>>();
  readonly #waiting = new Map<string, Promise<number>>();

  /** @param recordNow records a login of a user, and resolves with the start of the session */
  constructor(private readonly recordNow: (userId: string) => Promise<number>) {}

  /** Records a login. The session starts when its record is made, which is always after this call. */
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
