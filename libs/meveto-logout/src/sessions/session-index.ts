import type { SessionFacts } from './session.js';

/** Open connections, such as sockets and streams, with their sessions. Finds connections by user id. */
export class SessionIndex<T extends object> implements Iterable<readonly [T, readonly SessionFacts[]]> {
  /** Most users have one open connection: a set for each would cost more memory than the rest. */
  readonly #byUser = new Map<string, T | Set<T>>();
  readonly #sessions = new Map<T, readonly SessionFacts[]>();

  /** Adds a connection until `remove`. May be called again for the same connection, with the same or further sessions. */
  add(connection: T, sessions: readonly SessionFacts[]): void {
    const current = this.#sessions.get(connection) ?? [];
    const added = sessions.filter(
      (session, index) =>
        !current.some((other) => isSame(other, session)) &&
        sessions.findIndex((other) => isSame(other, session)) === index,
    );
    if (added.length === 0) return;
    // `concat` makes a list without spare room. A list that grows has room for 16 more, at each open page.
    this.#sessions.set(connection, current.concat(added));
    for (const { userId } of added) this.#addTo(String(userId), connection);
  }

  /** Adds a connection, or replaces its sessions. */
  set(connection: T, sessions: readonly SessionFacts[]): void {
    const current = this.sessionsOf(connection);
    const isKnown = (session: SessionFacts): boolean => current.some((other) => isSame(other, session));
    if (current.length === sessions.length && sessions.every(isKnown)) return;
    this.remove(connection);
    this.add(connection, sessions);
  }

  has(connection: T): boolean {
    return this.#sessions.has(connection);
  }

  sessionsOf(connection: T): readonly SessionFacts[] {
    return this.#sessions.get(connection) ?? [];
  }

  /** A copy: the caller may remove what it iterates over. */
  ofUser(userId: string): T[] {
    const own = this.#byUser.get(userId);
    if (own === undefined) return [];
    return own instanceof Set ? [...own] : [own];
  }

  remove(connection: T): void {
    for (const { userId } of this.sessionsOf(connection)) this.#removeFrom(String(userId), connection);
    this.#sessions.delete(connection);
  }

  #addTo(user: string, connection: T): void {
    const own = this.#byUser.get(user);
    if (own === undefined) this.#byUser.set(user, connection);
    else if (own instanceof Set) own.add(connection);
    else if (own !== connection) this.#byUser.set(user, new Set([own, connection]));
  }

  #removeFrom(user: string, connection: T): void {
    const own = this.#byUser.get(user);
    if (own instanceof Set) own.delete(connection);
    if (own === connection || (own instanceof Set && own.size === 0)) this.#byUser.delete(user);
  }

  [Symbol.iterator](): Iterator<readonly [T, readonly SessionFacts[]]> {
    return this.#sessions.entries();
  }
}

const isSame = (one: SessionFacts, other: SessionFacts): boolean =>
  String(one.userId) === String(other.userId) && Object.is(one.signedInAt, other.signedInAt);
