import type { SessionFacts } from '../model/session.js';

/** What is open for a while, such as sockets and streams, with its sessions: found by the ids of their users. */
export class SessionIndex<T extends object> implements Iterable<readonly [T, readonly SessionFacts[]]> {
  readonly #byUser = new Map<string, Set<T>>();
  readonly #sessions = new Map<T, SessionFacts[]>();

  /** Held until it is removed. May be called again for the same one: with the same sessions, or with more of them. */
  add(one: T, sessions: readonly SessionFacts[]): void {
    const held = this.#sessions.get(one) ?? [];
    this.#sessions.set(one, held);
    for (const session of sessions) {
      if (held.some((other) => isSame(other, session))) continue;
      held.push(session);
      const user = String(session.userId);
      this.#byUser.set(user, (this.#byUser.get(user) ?? new Set<T>()).add(one));
    }
  }

  /** Held with these sessions alone. */
  set(one: T, sessions: readonly SessionFacts[]): void {
    const held = this.sessionsOf(one);
    const isKnown = (session: SessionFacts): boolean => held.some((other) => isSame(other, session));
    if (held.length === sessions.length && sessions.every(isKnown)) return;
    this.remove(one);
    this.add(one, sessions);
  }

  has(one: T): boolean {
    return this.#sessions.has(one);
  }

  sessionsOf(one: T): readonly SessionFacts[] {
    return this.#sessions.get(one) ?? [];
  }

  /** A copy: the caller may remove what it iterates over. */
  ofUser(userId: string): T[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }

  remove(one: T): void {
    for (const { userId } of this.sessionsOf(one)) {
      const user = String(userId);
      const ofUser = this.#byUser.get(user);
      ofUser?.delete(one);
      if (ofUser?.size === 0) this.#byUser.delete(user);
    }
    this.#sessions.delete(one);
  }

  [Symbol.iterator](): Iterator<readonly [T, readonly SessionFacts[]]> {
    return this.#sessions.entries();
  }
}

const isSame = (one: SessionFacts, other: SessionFacts): boolean =>
  String(one.userId) === String(other.userId) && Object.is(one.signedInAt, other.signedInAt);
