import { LoginOutdatedError } from '../../errors.js';
import type { ClaimedCall } from '../../inbox/inbox.port.js';
import { type ApplyOutcome, LogoutRegister, type LogoutsSince } from '../../logout/logout-register.port.js';
import { BY_OPERATOR, LOGGED_OUT, PROTECTION_REMOVED } from '../../model/call.js';
import type { Clock } from '../../model/clock.js';
import type { Logout } from '../../model/logout.js';
import type { MemoryRow, MemoryRows } from './memory-rows.js';

/** How the memory store finds the application's users. */
export interface MemoryUsers {
  /** The application's own id of the user linked to this Meveto ID, or undefined. */
  findByMevetoId(mevetoId: string): string | number | undefined;
  /** Whether there is such a user; left out, every id is taken for one. */
  hasUser?(userId: string): boolean;
  /** Clears the link: the person stopped using Meveto with this application. */
  clearMevetoId?(userId: string): void;
  /** Revokes stored access tokens issued at or before `until`, epoch milliseconds. */
  revokeAccessTokens?(userId: string, until: number): void;
}

interface Mark {
  readonly loggedOutAt: number;
  readonly settledAt: number;
}

/** The register in memory. */
export class MemoryLogoutRegister extends LogoutRegister {
  #forgottenUntil = 0;
  readonly #marks = new Map<string, Mark>();

  constructor(
    private readonly rows: MemoryRows,
    private readonly users: MemoryUsers,
    private readonly clock: Clock,
    private readonly digestPerson: (mevetoId: string) => string,
    private readonly earlierDigestsOfPerson: (mevetoId: string) => readonly string[] = () => [],
  ) {
    super();
  }

  override now(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  override applyLogout(
    call: ClaimedCall,
    mevetoId: string,
    committing?: (logout: Logout) => void,
  ): Promise<ApplyOutcome> {
    return this.#apply(call, mevetoId, (row, found) => {
      const userId = this.#findUnlinked(row, mevetoId) ?? found;
      if (userId === undefined) return undefined;
      return this.#logOut(row, userId, committing);
    });
  }

  override applyProtectionRemoved(call: ClaimedCall, mevetoId: string): Promise<ApplyOutcome> {
    return this.#apply(call, mevetoId, (_row, userId) => {
      if (userId === undefined) return undefined;
      return this.#unlink(userId);
    });
  }

  override resolve(
    callId: string,
    userId: string,
    committing?: (logout: Logout) => void,
  ): Promise<ApplyOutcome> {
    const row = this.rows.unhealed(callId);
    if (row === undefined) return Promise.resolve({ kind: 'claim-lost' });
    if (this.users.hasUser?.(userId) === false) return Promise.resolve({ kind: 'unknown-user' });
    const outcome =
      row.type === PROTECTION_REMOVED ? this.#unlink(userId) : this.#logOut(row, userId, committing);
    row.userId = userId;
    row.fence += 1;
    this.rows.end(row, 'applied', this.clock.now(), { reason: BY_OPERATOR });
    return Promise.resolve(outcome);
  }

  override committedSince(asOf: number): Promise<LogoutsSince> {
    const logouts = [...this.#marks]
      .filter(([, mark]) => mark.settledAt >= asOf)
      .map(([userId, { loggedOutAt }]) => ({ userId, loggedOutAt }));
    return Promise.resolve({ logouts, forgottenUntil: this.#forgottenUntil, asOf: this.clock.now() });
  }

  override recordLogin(
    userId: string,
    authenticatedAt: number | undefined,
    mevetoId?: string,
  ): Promise<number> {
    const loggedOutAt = this.#marks.get(userId)?.loggedOutAt ?? 0;
    if (authenticatedAt !== undefined) {
      const lastAt = Math.max(loggedOutAt, this.#lastLogoutOf(mevetoId));
      if (authenticatedAt <= lastAt) return Promise.reject(new LoginOutdatedError(authenticatedAt, lastAt));
    }
    const now = this.clock.now();
    return Promise.resolve(Math.max(Math.min(authenticatedAt ?? now, now), loggedOutAt + 1));
  }

  override forgetUntil(loggedOutAt: number): Promise<void> {
    for (const [userId, mark] of this.#marks) {
      if (mark.loggedOutAt > loggedOutAt) continue;
      this.#forgottenUntil = Math.max(this.#forgottenUntil, mark.loggedOutAt);
      this.#marks.delete(userId);
    }
    return Promise.resolve();
  }

  #apply(
    call: ClaimedCall,
    mevetoId: string,
    effect: (row: MemoryRow, userId: string | undefined) => ApplyOutcome | undefined,
  ): Promise<ApplyOutcome> {
    const row = this.rows.unresolved(call);
    if (row === undefined) return Promise.resolve(this.#appliedBefore(call, mevetoId));
    if (row.sender !== undefined) this.rows.confirmedAt.set(row.sender, this.clock.now());
    const found = this.users.findByMevetoId(mevetoId);
    row.person = this.digestPerson(mevetoId);
    const outcome = effect(row, found === undefined ? undefined : String(found)) ?? { kind: 'unknown-user' };
    row.userId =
      outcome.kind === 'applied'
        ? outcome.logout.userId
        : outcome.kind === 'unlinked'
          ? outcome.userId
          : undefined;
    this.rows.end(row, outcome.kind === 'unknown-user' ? 'unknown_user' : 'applied', this.clock.now());
    return Promise.resolve(outcome);
  }

  /** The same as before if the same claim ended the call for the same person. */
  #appliedBefore(call: ClaimedCall, mevetoId: string): ApplyOutcome {
    const row = this.rows.byId.get(call.id);
    const isSame = row?.fence === call.fence && row.person === this.digestPerson(mevetoId);
    if (isSame && row.state === 'unknown_user') return { kind: 'unknown-user' };
    if (!isSame || row.userId === undefined) return { kind: 'claim-lost' };
    const { userId, type } = row;
    if (type === PROTECTION_REMOVED) return { kind: 'unlinked', userId };
    return {
      kind: 'applied',
      logout: { userId, loggedOutAt: this.#marks.get(userId)?.loggedOutAt ?? row.occurredAt },
    };
  }

  /** When the person last logged out, whoever had their Meveto ID then, if anybody; 0: never. */
  #lastLogoutOf(mevetoId: string | undefined): number {
    if (mevetoId === undefined) return 0;
    const persons = [this.digestPerson(mevetoId), ...this.earlierDigestsOfPerson(mevetoId)];
    return this.rows
      .find((row) => persons.includes(row.person ?? '') && row.type === LOGGED_OUT)
      .reduce((last, { occurredAt }) => Math.max(last, occurredAt), 0);
  }

  #logOut(row: MemoryRow, userId: string, committing?: (logout: Logout) => void): ApplyOutcome {
    const loggedOutAt = Math.max(this.#marks.get(userId)?.loggedOutAt ?? 0, row.occurredAt);
    committing?.({ userId, loggedOutAt });
    this.#marks.set(userId, { loggedOutAt, settledAt: this.clock.now() });
    this.users.revokeAccessTokens?.(userId, row.occurredAt);
    return { kind: 'applied', logout: { userId, loggedOutAt } };
  }

  #unlink(userId: string): ApplyOutcome {
    this.users.clearMevetoId?.(userId);
    return { kind: 'unlinked', userId };
  }

  /** Who had this Meveto ID at the logout, if the link was removed later and is gone already: another user may have it now. */
  #findUnlinked(row: MemoryRow, mevetoId: string): string | undefined {
    const persons = [row.person, ...this.earlierDigestsOfPerson(mevetoId)];
    const [removal] = this.rows
      .find(
        (other) =>
          other.person !== undefined &&
          persons.includes(other.person) &&
          other.type === PROTECTION_REMOVED &&
          other.state === 'applied' &&
          other.occurredAt >= row.occurredAt,
      )
      .sort((a, b) => a.occurredAt - b.occurredAt);
    const userId = removal?.userId;
    return userId !== undefined && this.users.hasUser?.(userId) === false ? undefined : userId;
  }
}
