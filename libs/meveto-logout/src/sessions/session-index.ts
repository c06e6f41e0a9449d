import type { SessionFacts } from './session.js';

/** Open connections, such as sockets and streams, with their sessions. Finds connections by user id. */
export class SessionIndex<T extends object> implements Iterable<readonly [T, readonly SessionFacts[]]> {
  readonly #byUser = new Map<string, Set<T>>();
  readonly #sessions = new Map<T, SessionFacts[]>();

  /** Adds a connection until `remove`. May be called again for the same connection, with the same or further sessions. */
  add(connection: T, sessions: readonly SessionFacts[]): void {
    const current = this.#sessions.get(connection) ?? [];
    this.#sessions.set(connection, current);
    for (const session of sessions) {
      if (current.some((other) => isSame(other, session))) continue;
      current.push(session);
      const user = String(session.userId);
      this.#byUser.set(user, (this.#byUser.get(user) ?? new Set<T>()).add(connection));
    }
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
    return [...(this.#byUser.get(userId) ?? [])];
  }

  remove(connection: T): void {
    for (const { userId } of this.sessionsOf(connection)) {
      const user = String(userId);
      const ofUser = this.#byUser.get(user);
      ofUser?.delete(connection);
      if (ofUser?.size === 0) this.#byUser.delete(user);
    }
    this.#sessions.delete(connection);
  }

  [Symbol.iterator](): Iterator<readonly [T, readonly SessionFacts[]]> {
    return this.#sessions.entries();
  }
}

const isSame = (one: SessionFacts, other: SessionFacts): boolean =>
  String(one.userId) === String(other.userId) && Object.is(one.signedInAt, other.signedInAt);
