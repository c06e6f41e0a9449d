import { LoginOutdatedError, UnknownUserError } from '../../errors.js';
import type { ClaimedCall } from '../../inbox/inbox.port.js';
import { type ApplyOutcome, LogoutRegister, type LogoutsSince } from '../../logout/logout-register.port.js';
import { BY_OPERATOR, PROTECTION_REMOVED } from '../../model/call.js';
import type { Logout } from '../../model/logout.js';
import { forgetMarks, marksSince } from './logout-marks.js';
import { appliedBefore } from './applied-before.js';
import { confirm } from './confirmed-senders.js';
import type { AccessTokenTable, UserTable } from './host-tables.js';
import { lastLogoutOf } from './last-logout-of.js';
import {
  clockOf,
  marks,
  numberOf,
  run,
  rowsOf,
  type Script,
  type SqlEngine,
  UnfitValueError,
} from './sql.js';
import type { Tables } from './tables.js';
import { type FoundUser, UserRows } from './user-rows.js';

/**
 * How far a look goes back before the last one: a transaction takes its time of commit shortly before it commits, so a
 * slow one may show up only later. Longer than a transaction of ours may take.
 */
const overlapMs = (timeoutMs: number): number => Math.max(15_000, 3 * timeoutMs);

/** Logouts in the application's database, in one transaction with its user and token rows. */
export class TypeOrmLogoutRegister extends LogoutRegister {
  readonly #rows: UserRows;

  constructor(
    private readonly engine: SqlEngine,
    private readonly tables: Tables,
    private readonly users: UserTable,
    accessTokens: AccessTokenTable | undefined,
    private readonly digestPerson: (mevetoId: string) => string,
    private readonly earlierDigestsOfPerson: (mevetoId: string) => readonly string[] = () => [],
  ) {
    super();
    this.#rows = new UserRows(engine.dialect, users, accessTokens, tables.marks);
  }

  override now(): Promise<number> {
    return this.engine.read('read the clock', () => clockOf(this.engine.dialect));
  }

  override async applyLogout(
    call: ClaimedCall,
    mevetoId: string,
    committing: (logout: Logout) => void = () => undefined,
  ): Promise<ApplyOutcome> {
    const outcome = await this.#orUnknown(call, mevetoId, 'log a user out', () =>
      this.#applyLogout(call, mevetoId, committing),
    );
    if (outcome.kind !== 'unknown-user' && outcome.kind !== 'claim-lost') return outcome;
    return (await this.#applyToLinkedMeanwhile(call, mevetoId, committing)) ?? outcome;
  }

  override applyProtectionRemoved(call: ClaimedCall, mevetoId: string): Promise<ApplyOutcome> {
    return this.#orUnknown(call, mevetoId, 'clear a Meveto ID', () =>
      this.#applyProtectionRemoved(call, mevetoId),
    );
  }

  override async resolve(
    callId: string,
    userId: string,
    committing: (logout: Logout) => void = () => undefined,
  ): Promise<ApplyOutcome> {
    try {
      return await this.engine.transaction('resolve a call', () => this.#resolve(callId, userId, committing));
    } catch (error) {
      if (error instanceof UnfitValueError) return { kind: 'unknown-user' };
      throw error;
    }
  }

  override committedSince(asOf: number): Promise<LogoutsSince> {
    const { dialect, timeoutMs } = this.engine;
    const script = () => marksSince(dialect, this.tables.marks, asOf - overlapMs(timeoutMs));
    return this.engine.read('read logouts', script, asOf === 0);
  }

  override async recordLogin(
    userId: string,
    authenticatedAt: number | undefined,
    mevetoId?: string,
  ): Promise<number> {
    try {
      return await this.engine.transaction('record a login', () =>
        this.#recordLogin(userId, authenticatedAt, mevetoId),
      );
    } catch (error) {
      throw error instanceof UnfitValueError ? new UnknownUserError() : error;
    }
  }

  override async forgetUntil(loggedOutAt: number, limit: number): Promise<void> {
    await this.engine.transaction('forget old logouts', () =>
      forgetMarks(this.engine.dialect, this.tables.marks, loggedOutAt, limit),
    );
  }

  /** A Meveto ID that the application's column cannot hold belongs to none of its users. */
  async #orUnknown(
    call: ClaimedCall,
    mevetoId: string,
    operation: string,
    script: () => Script<ApplyOutcome>,
  ): Promise<ApplyOutcome> {
    try {
      return await this.engine.transaction(operation, script);
    } catch (error) {
      if (!(error instanceof UnfitValueError)) throw error;
      return this.engine.transaction(operation, () => this.#endUnknown(call, mevetoId));
    }
  }

  *#endUnknown(call: ClaimedCall, mevetoId: string): Script<ApplyOutcome> {
    if (!(yield* this.#accept(call))) return { kind: 'claim-lost' };
    const now = yield* clockOf(this.engine.dialect);
    yield* this.#end(call, { state: 'unknown_user', person: this.digestPerson(mevetoId), userId: null, now });
    return { kind: 'unknown-user' };
  }

  /**
   * Looks once more after the call's end as unknown is committed: whoever linked the Meveto ID before that, and recorded a
   * login, could not see that end.
   */
  async #applyToLinkedMeanwhile(
    call: ClaimedCall,
    mevetoId: string,
    committing: (logout: Logout) => void,
  ): Promise<ApplyOutcome | undefined> {
    try {
      return await this.engine.transaction('log a user out', () =>
        this.#applyLate(call, mevetoId, committing),
      );
    } catch (error) {
      if (error instanceof UnfitValueError) return undefined;
      throw error;
    }
  }

  *#applyLate(
    call: ClaimedCall,
    mevetoId: string,
    committing: (logout: Logout) => void,
  ): Script<ApplyOutcome | undefined> {
    const user = yield* this.#rows.find(this.users.mevetoId, mevetoId);
    if (user === undefined) return undefined;
    const now = yield* clockOf(this.engine.dialect);
    const { affected } = yield* run(
      `UPDATE ${this.tables.calls} SET state = 'applied', user_id = ?, settled_at = ?
        WHERE id = ? AND (digest = ? OR fence = ?) AND state = 'unknown_user'`,
      [user.userId, now, call.id, call.digest, call.fence],
    );
    if (affected === 0) return undefined;
    const logout = yield* this.#rows.logOut(user, call.occurredAt, now);
    committing(logout);
    return { kind: 'applied', logout };
  }

  *#applyLogout(
    call: ClaimedCall,
    mevetoId: string,
    committing: (logout: Logout) => void,
  ): Script<ApplyOutcome> {
    const person = this.digestPerson(mevetoId);
    if (!(yield* this.#accept(call))) return yield* appliedBefore(this.tables, call, person, committing);
    const user = yield* this.#userAt(call.occurredAt, mevetoId);
    // Read after the locks were waited for, so that the time of commit is close to the commit.
    const now = yield* clockOf(this.engine.dialect);
    if (user === undefined) {
      yield* this.#end(call, { state: 'unknown_user', person, userId: null, now });
      return { kind: 'unknown-user' };
    }
    const logout = yield* this.#rows.logOut(user, call.occurredAt, now);
    yield* this.#end(call, { state: 'applied', person, userId: user.userId, now });
    committing(logout);
    return { kind: 'applied', logout };
  }

  /** By the current key and earlier ones. */
  #digestsOf(mevetoId: string): readonly string[] {
    return [this.digestPerson(mevetoId), ...this.earlierDigestsOfPerson(mevetoId)];
  }

  *#resolve(callId: string, userId: string, committing: (logout: Logout) => void): Script<ApplyOutcome> {
    const [call] = yield* rowsOf(
      `SELECT type, occurred_at FROM ${this.tables.calls} WHERE id = ? AND state IN ('ambiguous', 'expired') ${this.engine.dialect.forUpdate}`,
      [callId],
    );
    if (call === undefined) return { kind: 'claim-lost' };
    const user = yield* this.#rows.find(this.users.id, userId);
    if (user === undefined) return { kind: 'unknown-user' };
    const now = yield* clockOf(this.engine.dialect);
    const end = { state: 'applied', person: null, userId: user.userId, now, reason: BY_OPERATOR };
    yield* this.#end({ id: callId }, end);
    if (call['type'] === PROTECTION_REMOVED) {
      yield* this.#rows.unlink(user);
      return { kind: 'unlinked', userId: user.userId };
    }
    const logout = yield* this.#rows.logOut(user, numberOf(call['occurred_at']), now);
    committing(logout);
    return { kind: 'applied', logout };
  }

  *#applyProtectionRemoved(call: ClaimedCall, mevetoId: string): Script<ApplyOutcome> {
    const person = this.digestPerson(mevetoId);
    if (!(yield* this.#accept(call))) return yield* appliedBefore(this.tables, call, person);
    const user = yield* this.#rows.find(this.users.mevetoId, mevetoId);
    const now = yield* clockOf(this.engine.dialect);
    if (user === undefined) {
      yield* this.#end(call, { state: 'unknown_user', person, userId: null, now });
      return { kind: 'unknown-user' };
    }
    yield* this.#rows.unlink(user);
    yield* this.#end(call, { state: 'applied', person, userId: user.userId, now });
    return { kind: 'unlinked', userId: user.userId };
  }

  *#recordLogin(
    userId: string,
    authenticatedAt: number | undefined,
    mevetoId: string | undefined,
  ): Script<number> {
    const user = yield* this.#rows.find(this.users.id, userId);
    if (user === undefined) throw new UnknownUserError();
    const markOfUser = `SELECT logged_out_at FROM ${this.tables.marks} WHERE user_id = ?`;
    const [mark] = yield* rowsOf(markOfUser, [user.userId]);
    const loggedOutAt = Math.max(numberOf(mark?.['logged_out_at']), user.lastLoggedOut ?? 0);
    if (authenticatedAt !== undefined) {
      const persons = mevetoId === undefined ? [] : this.#digestsOf(mevetoId);
      const lastAt = Math.max(loggedOutAt, yield* lastLogoutOf(this.tables.calls, persons));
      if (authenticatedAt <= lastAt) throw new LoginOutdatedError(authenticatedAt, lastAt);
    }
    const now = yield* clockOf(this.engine.dialect);
    // The session begins when the person proved who they are: a logout that is received in between ends it too.
    const signedInAt = Math.max(Math.min(authenticatedAt ?? now, now), loggedOutAt + 1);
    yield* this.#rows.setInstant(this.users.lastLoggedIn, user, signedInAt);
    return signedInAt;
  }

  /**
   * Locks the inbox row if the answer in hand may still end it, and takes its sender for a confirmed one. It is for this token, also
   * where another key has made a digest of it since: a row that goes on with another token has another fence.
   */
  *#accept(call: ClaimedCall): Script<boolean> {
    const rows = yield* rowsOf(
      `SELECT sender FROM ${this.tables.calls} WHERE id = ? AND (digest = ? OR fence = ?) AND state IN ('pending', 'ambiguous', 'expired') ${this.engine.dialect.forUpdate}`,
      [call.id, call.digest, call.fence],
    );
    const sender = rows[0]?.['sender'];
    if (typeof sender === 'string') yield* confirm(this.engine.dialect, this.tables.senders, sender);
    return rows.length > 0;
  }

  /** Who had this Meveto ID then; a removal that was waited for has taken it from whom it would have been found by. */
  *#userAt(occurredAt: number, mevetoId: string): Script<FoundUser | undefined> {
    const persons = this.#digestsOf(mevetoId);
    return (
      (yield* this.#findUnlinked(persons, occurredAt)) ??
      (yield* this.#rows.find(this.users.mevetoId, mevetoId)) ??
      (yield* this.#findUnlinked(persons, occurredAt))
    );
  }

  /** Who had this Meveto ID at the logout, if the link was removed later and is gone already: another user may have it now. */
  *#findUnlinked(persons: readonly string[], occurredAt: number): Script<FoundUser | undefined> {
    const [removal] = yield* rowsOf(
      `SELECT user_id FROM ${this.tables.calls} WHERE person IN (${marks(persons.length)}) AND type = ? AND state = 'applied' AND occurred_at >= ?
        ORDER BY occurred_at LIMIT 1`,
      [...persons, PROTECTION_REMOVED, occurredAt],
    );
    if (removal === undefined) return undefined;
    return yield* this.#rows.find(this.users.id, String(removal['user_id']));
  }

  *#end(
    call: Pick<ClaimedCall, 'id'>,
    end: { state: string; person: string | null; userId: string | null; now: number; reason?: string },
  ): Script<void> {
    yield* run(
      `UPDATE ${this.tables.calls} SET state = ?, person = ?, user_id = ?, settled_at = ?, sealed = NULL, reason = ? WHERE id = ?`,
      [end.state, end.person, end.userId, end.now, end.reason ?? null, call.id],
    );
  }
}
