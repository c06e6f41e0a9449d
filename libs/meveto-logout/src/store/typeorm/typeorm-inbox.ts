import type {
  ClaimedCall,
  Ending,
  ExpiredCalls,
  HeldCalls,
  IncomingCall,
  InboxSummary,
  ListedCall,
  OpenedCalls,
  Release,
  Retention,
} from '../../inbox/inbox.port.js';
import { Inbox } from '../../inbox/inbox.port.js';
import { TOKEN_LOST } from '../../model/call.js';
import type { CallPage, CallQuery } from '../../model/call-record.js';
import { laneOf, type Lane, rankOf } from '../../model/lane.js';
import { confirmedAmong } from './confirmed-senders.js';
import { discard, hurry, list, summary } from './call-desk.js';
import { expire, purge } from './call-housekeeping.js';
import { CLAIM_COLUMNS, takeRows } from './call-rows.js';
import { beginAgain, receiveHeld, receiveListedHeld, renew } from './held-calls.js';
import { receive, receiveListed } from './receive-calls.js';
import { clockOf, marks, numberOf, run, rowsOf, type Script, type SqlEngine, type SqlResult } from './sql.js';
import type { Tables } from './tables.js';

/** The inbox in the application's database. */
export class TypeOrmInbox extends Inbox {
  private readonly calls: string;

  constructor(
    private readonly engine: SqlEngine,
    private readonly tables: Pick<Tables, 'calls' | 'senders'>,
  ) {
    super();
    this.calls = tables.calls;
  }

  override receive(calls: readonly IncomingCall[]): Promise<number> {
    if (calls.length === 0) return Promise.resolve(0);
    return this.engine.transaction('store a call', () => receive(this.engine.dialect, this.calls, calls));
  }

  override receiveListed(calls: readonly ListedCall[]): Promise<OpenedCalls> {
    return this.engine.transaction('store pending calls', () =>
      receiveListed(this.engine.dialect, this.calls, calls),
    );
  }

  override receiveHeld(calls: readonly IncomingCall[], leaseMs: number): Promise<HeldCalls> {
    if (calls.length === 0) return Promise.resolve({ held: [], elsewhere: [] });
    const { dialect } = this.engine;
    return this.engine.transaction('store a call', () => receiveHeld(dialect, this.calls, calls, leaseMs));
  }

  override receiveListedHeld(calls: readonly ListedCall[], leaseMs: number): Promise<readonly ClaimedCall[]> {
    if (calls.length === 0) return Promise.resolve([]);
    const { dialect } = this.engine;
    return this.engine.transaction('store pending calls', () =>
      receiveListedHeld(dialect, this.calls, calls, leaseMs),
    );
  }

  override async renew(calls: readonly ClaimedCall[], leaseMs: number): Promise<string[]> {
    if (calls.length === 0) return [];
    const { dialect } = this.engine;
    return this.engine.transaction('renew claims', () => renew(dialect, this.calls, calls, leaseMs));
  }

  override beginAgain(
    call: ClaimedCall,
    failure: Release,
    leaseMs: number,
  ): Promise<ClaimedCall | undefined> {
    const { dialect } = this.engine;
    return this.engine.transaction('begin an attempt', () =>
      beginAgain(dialect, this.calls, call, failure, leaseMs),
    );
  }

  override claim(
    limit: number,
    leaseMs: number,
    inHand: readonly string[] = [],
    strangerLimit = limit,
  ): Promise<ClaimedCall[]> {
    return this.engine.transaction('claim calls', () => this.#claim(limit, leaseMs, inHand, strangerLimit));
  }

  override release(call: ClaimedCall, release: Release): Promise<void> {
    return this.engine.transaction('release a call', () => this.#release(call, release));
  }

  override finish(call: ClaimedCall, ending: Ending): Promise<boolean> {
    return this.engine.transaction('finish a call', () => this.#finish(call, ending));
  }

  override expire(ttlMs: number, limit: number): Promise<ExpiredCalls> {
    const { dialect } = this.engine;
    return this.engine.transaction('expire calls', () => expire(dialect, this.calls, ttlMs, limit));
  }

  override purge(retention: Retention, limit: number): Promise<number> {
    const { dialect } = this.engine;
    return this.engine.transaction('purge calls', () => purge(dialect, this.tables, retention, limit));
  }

  override list(query: CallQuery): Promise<CallPage> {
    return this.engine.read('list calls', () => list(this.calls, query), true);
  }

  override hurry(id: string): Promise<boolean> {
    return this.engine.transaction('hurry a call', () => hurry(this.engine.dialect, this.calls, id));
  }

  override discard(id: string, reason: string): Promise<boolean> {
    const { dialect } = this.engine;
    return this.engine.transaction('discard a call', () => discard(dialect, this.calls, id, reason));
  }

  override async confirmedSenders(senders: readonly string[], withinMs: number): Promise<string[]> {
    if (senders.length === 0) return [];
    return this.engine.read('look for confirmed senders', () =>
      confirmedAmong(this.engine.dialect, this.tables.senders, senders, withinMs),
    );
  }

  override async unfinished(digests: readonly string[]): Promise<string[]> {
    if (digests.length === 0) return [];
    return this.engine.read('look for unfinished calls', () => this.#unfinished(digests));
  }

  override waitingByLane(): Promise<Record<Lane, number>> {
    return this.engine.read('count waiting calls', () => this.#waitingByLane());
  }

  override summary(): Promise<InboxSummary> {
    return this.engine.read('count calls', () => summary(this.engine.dialect, this.calls), true);
  }

  *#claim(
    limit: number,
    leaseMs: number,
    inHand: readonly string[],
    strangerLimit: number,
  ): Script<ClaimedCall[]> {
    const now = yield* clockOf(this.engine.dialect);
    const stranger = rankOf('stranger');
    const rows = [...(yield* this.#due(`lane < ${String(stranger)}`, limit, inHand, now))];
    const left = Math.min(limit - rows.length, strangerLimit);
    if (left > 0) rows.push(...(yield* this.#due(`lane = ${String(stranger)}`, left, inHand, now)));
    return yield* takeRows(this.calls, rows, now, leaseMs);
  }

  *#due(lanes: string, limit: number, inHand: readonly string[], now: number): Script<SqlResult['rows']> {
    const others = inHand.length === 0 ? '' : `AND id NOT IN (${marks(inHand.length)})`;
    return yield* rowsOf(
      `SELECT ${CLAIM_COLUMNS} FROM ${this.calls} WHERE state = 'pending' AND ${lanes} AND due_at <= ? ${others}
        ORDER BY lane, due_at LIMIT ${String(limit)} ${this.engine.dialect.forUpdateSkipLocked}`,
      [now, ...inHand],
    );
  }

  *#unfinished(digests: readonly string[]): Script<string[]> {
    const rows = yield* rowsOf(
      `SELECT digest FROM ${this.calls} WHERE digest IN (${marks(digests.length)}) AND state = 'pending'`,
      digests,
    );
    return rows.map((row) => String(row['digest']));
  }

  *#waitingByLane(): Script<Record<Lane, number>> {
    const rows = yield* rowsOf(
      `SELECT lane, COUNT(*) AS call_count FROM ${this.calls} WHERE state = 'pending' GROUP BY lane`,
    );
    const waiting = { listed: 0, confirmed: 0, stranger: 0 };
    for (const row of rows) waiting[laneOf(numberOf(row['lane']))] = numberOf(row['call_count']);
    return waiting;
  }

  /** The fence is raised: a repetition, after a commit whose answer was lost, changes nothing. */
  *#release(call: ClaimedCall, { delayMs, maybeSent, isRefusal = false, reason }: Release): Script<void> {
    yield* run(
      `UPDATE ${this.calls} SET due_at = ${this.engine.dialect.nowMs} + ?, reason = ?, fence = fence + 1,
        unknown_attempts = unknown_attempts - ${maybeSent ? '0' : '1'}, refusals = refusals + ${isRefusal ? '1' : '0'} WHERE id = ? AND fence = ? AND state = 'pending'`,
      [delayMs, reason, call.id, call.fence],
    );
  }

  *#finish(call: ClaimedCall, ending: Ending): Script<boolean> {
    const { nowMs } = this.engine.dialect;
    const stillLost = ending.reason === TOKEN_LOST ? 'AND sealed IS NULL' : '';
    const { affected } = yield* run(
      `UPDATE ${this.calls} SET state = ?, reason = ?, sealed = NULL, settled_at = ${nowMs}
        WHERE id = ? AND fence = ? AND state = 'pending' ${stillLost}`,
      [ending.state, ending.reason, call.id, call.fence],
    );
    if (affected > 0) return true;
    const [same] = yield* rowsOf(
      `SELECT id FROM ${this.calls} WHERE id = ? AND fence = ? AND state = ? AND reason = ?`,
      [call.id, call.fence, ending.state, ending.reason],
    );
    return same !== undefined;
  }
}
