import { randomUUID } from 'node:crypto';
import { afterFailure } from '../../inbox/after-failure.js';
import {
  type ClaimedCall,
  type Ending,
  type ExpiredCalls,
  type HeldCalls,
  Inbox,
  type InboxSummary,
  type IncomingCall,
  type ListedCall,
  type OpenedCalls,
  type Release,
  type Retention,
} from '../../inbox/inbox.port.js';
import { goesOnWithToken, isSameToken, whenListedAgain } from '../../inbox/relisted.js';
import { CALL_STATES, REPLACED, TOKEN_LOST } from '../../model/call.js';
import type { CallPage, CallQuery } from '../../model/call-record.js';
import { type Lane, rankOf } from '../../model/lane.js';
import type { Clock } from '../../model/clock.js';
import { discard, expire, hurry, list, purge } from './memory-call-desk.js';
import type { MemoryRow, MemoryRows } from './memory-rows.js';

/** The inbox in memory. */
export class MemoryInbox extends Inbox {
  constructor(
    private readonly rows: MemoryRows,
    private readonly clock: Clock,
  ) {
    super();
  }

  override receive(calls: readonly IncomingCall[]): Promise<number> {
    return Promise.resolve(calls.filter((call) => this.#insert(call) || this.#receivedAgain(call)).length);
  }

  override receiveListed(calls: readonly ListedCall[]): Promise<OpenedCalls> {
    const opened = { newCount: 0, reopenedCount: 0 };
    for (const call of calls) {
      if (this.#insert(call, call)) opened.newCount += 1;
      else if (this.#listedAgain(call)) opened.reopenedCount += 1;
    }
    return Promise.resolve(opened);
  }

  override receiveHeld(calls: readonly IncomingCall[], leaseMs: number): Promise<HeldCalls> {
    for (const call of calls) if (!this.#insert(call)) this.#receivedAgain(call);
    const held = this.#claimUnheld(calls, leaseMs);
    const elsewhere = this.rows
      .find((row) => row.state === 'pending' && row.sealed === undefined)
      .filter((row) => calls.some((call) => isSameToken(row.digest, call)))
      .filter((row) => !held.some(({ id }) => id === row.id))
      .map(({ digest }) => digest);
    return Promise.resolve({ held, elsewhere });
  }

  override receiveListedHeld(calls: readonly ListedCall[], leaseMs: number): Promise<readonly ClaimedCall[]> {
    for (const call of calls) if (!this.#insert(call, call)) this.#listedAgain(call);
    return Promise.resolve(this.#claimUnheld(calls, leaseMs));
  }

  override renew(calls: readonly ClaimedCall[], leaseMs: number): Promise<string[]> {
    const held = calls.filter((call) => this.rows.held(call) !== undefined);
    for (const call of held) Object.assign(this.rows.held(call) ?? {}, { dueAt: this.clock.now() + leaseMs });
    return Promise.resolve(held.map(({ id }) => id));
  }

  override beginAgain(
    call: ClaimedCall,
    failure: Release,
    leaseMs: number,
  ): Promise<ClaimedCall | undefined> {
    const row = this.rows.held(call);
    if (row === undefined) return Promise.resolve(undefined);
    row.dueAt = this.clock.now() + leaseMs;
    row.attempts += 1;
    if (failure.maybeSent) row.unknownAttempts += 1;
    if (failure.isRefusal === true) row.refusals += 1;
    return Promise.resolve(afterFailure(call, failure));
  }

  override claim(
    limit: number,
    leaseMs: number,
    inHand: readonly string[] = [],
    strangerLimit = limit,
  ): Promise<ClaimedCall[]> {
    const now = this.clock.now();
    const due = this.rows.find(
      (row) => row.state === 'pending' && row.dueAt <= now && !inHand.includes(row.id),
    );
    due.sort((a, b) => rankOf(a.lane) - rankOf(b.lane) || a.dueAt - b.dueAt);
    const trusted = due.filter(({ lane }) => lane !== 'stranger').slice(0, limit);
    const strangers = due.filter(({ lane }) => lane === 'stranger');
    const left = Math.max(0, Math.min(limit - trusted.length, strangerLimit));
    return Promise.resolve(
      [...trusted, ...strangers.slice(0, left)].map((row) => claimed(row, now, leaseMs)),
    );
  }

  override release(
    call: ClaimedCall,
    { delayMs, maybeSent, isRefusal = false, reason }: Release,
  ): Promise<void> {
    const row = this.rows.held(call);
    if (row !== undefined) {
      row.dueAt = this.clock.now() + delayMs;
      row.reason = reason;
      row.fence += 1;
      if (!maybeSent) row.unknownAttempts -= 1;
      if (isRefusal) row.refusals += 1;
    }
    return Promise.resolve();
  }

  override finish(call: ClaimedCall, { state, reason }: Ending): Promise<boolean> {
    const row = this.rows.held(call);
    const isBack = reason === TOKEN_LOST && row?.sealed !== undefined;
    if (row !== undefined && !isBack) this.rows.end(row, state, this.clock.now(), { reason });
    const ended = this.rows.byId.get(call.id);
    return Promise.resolve(ended?.fence === call.fence && ended.state === state && ended.reason === reason);
  }

  override expire(ttlMs: number, limit: number): Promise<ExpiredCalls> {
    return Promise.resolve(expire(this.rows, this.clock.now(), ttlMs, limit));
  }

  override purge(retention: Retention, limit: number): Promise<number> {
    return Promise.resolve(purge(this.rows, this.clock.now(), retention, limit));
  }

  override list(query: CallQuery): Promise<CallPage> {
    return Promise.resolve(list(this.rows, query));
  }

  override hurry(id: string): Promise<boolean> {
    return Promise.resolve(hurry(this.rows, this.clock.now(), id));
  }

  override discard(id: string, reason: string): Promise<boolean> {
    return Promise.resolve(discard(this.rows, this.clock.now(), id, reason));
  }

  override confirmedSenders(senders: readonly string[], withinMs: number): Promise<string[]> {
    const since = this.clock.now() - withinMs;
    return Promise.resolve(
      senders.filter((sender) => (this.rows.confirmedAt.get(sender) ?? -Infinity) > since),
    );
  }

  override unfinished(digests: readonly string[]): Promise<string[]> {
    const pending = this.rows.find((row) => row.state === 'pending').map(({ digest }) => digest);
    return Promise.resolve(digests.filter((digest) => pending.includes(digest)));
  }

  override waitingByLane(): Promise<Record<Lane, number>> {
    const waiting = { listed: 0, confirmed: 0, stranger: 0 };
    for (const { lane } of this.rows.find((row) => row.state === 'pending')) waiting[lane] += 1;
    return Promise.resolve(waiting);
  }

  override summary(): Promise<InboxSummary> {
    const calls = { pending: 0, applied: 0, rejected: 0, unknown_user: 0, ambiguous: 0, expired: 0 };
    for (const state of CALL_STATES) calls[state] = this.rows.find((row) => row.state === state).length;
    const pending = this.rows.find((row) => row.state === 'pending').map((row) => row.receivedAt);
    const oldestPendingAgeMs =
      pending.length === 0
        ? undefined
        : Math.max(0, this.clock.now() - pending.reduce((a, b) => Math.min(a, b)));
    return Promise.resolve({ calls, oldestPendingAgeMs });
  }

  #insert(call: IncomingCall, listed?: ListedCall): boolean {
    const known = this.rows.find(
      (row) => isSameToken(row.digest, call) || (listed !== undefined && row.sourceId === listed.sourceId),
    );
    if (known.length > 0) return false;
    this.#add(call, listed);
    return true;
  }

  #add(call: IncomingCall, listed?: ListedCall): MemoryRow {
    const now = this.clock.now();
    const row: MemoryRow = {
      id: randomUUID(),
      type: call.type,
      digest: call.digest,
      sourceId: listed?.sourceId,
      sealed: call.sealed,
      lane: call.lane,
      sender: call.sender,
      state: 'pending',
      receivedAt: now,
      occurredAt: Math.min(listed?.createdAt ?? now, now),
      dueAt: now,
      fence: 0,
      attempts: 0,
      unknownAttempts: 0,
      refusals: 0,
      settledAt: undefined,
      listedAt: listed === undefined ? undefined : now,
      reason: undefined,
      person: undefined,
      userId: undefined,
    };
    this.rows.byId.set(row.id, row);
    return row;
  }

  /** Those that no process holds. */
  #claimUnheld(calls: readonly IncomingCall[], leaseMs: number): ClaimedCall[] {
    const now = this.clock.now();
    const rows = this.rows.find(
      (row) => row.sealed === undefined && calls.some((call) => isSameToken(row.digest, call)),
    );
    const unheld = rows.filter((row) => row.state === 'pending' && row.dueAt <= now);
    return unheld.map((row) => claimed(row, now, leaseMs));
  }

  /** Opens a call again that goes on with its token. */
  #receivedAgain(call: IncomingCall): boolean {
    const row = rowOfToken([...this.rows.byId.values()], call);
    if (row === undefined) return false;
    const goesOn = goesOnWithToken(row.state, row.reason);
    if (goesOn) this.#reopen(row, call);
    else if (row.state === 'pending') keepToken(row, call);
    return goesOn;
  }

  #listedAgain(call: ListedCall): boolean {
    const known = this.rows.find((row) => row.sourceId === call.sourceId || isSameToken(row.digest, call));
    for (const row of known) row.listedAt = this.clock.now();
    // Of two, one is known by its token, and the other by Meveto's id, which stays where it is.
    const row = rowOfToken(known, call) ?? known[0];
    if (row === undefined) return false;
    const hasNamesake = known.length > 1;
    const decision = whenListedAgain(hasNamesake ? { ...row, sourceId: call.sourceId } : row, call);
    if (decision !== 'leave' && !hasNamesake) row.sourceId = call.sourceId;
    if (decision !== 'reopen') return false;
    this.#reopen(row, call);
    return true;
  }

  #reopen(row: MemoryRow, call: IncomingCall): void {
    const now = this.clock.now();
    const { digest, sealed, lane } = call;
    row.fence += 1;
    if (!isSameToken(row.digest, call)) {
      row.unknownAttempts = 0;
      row.refusals = 0;
      // The token that it had before stays known, by a row of its own.
      const replaced = this.#add({ ...call, digest: row.digest, sender: undefined });
      this.rows.end(replaced, 'rejected', replaced.receivedAt, { reason: REPLACED });
    }
    Object.assign(row, { state: 'pending', digest, sealed, lane, dueAt: now, receivedAt: now });
    Object.assign(row, { settledAt: undefined, reason: undefined });
  }
}

/** While keys are changed a token may be known twice: by the current key, which counts then, and by an earlier one. */
const rowOfToken = (rows: readonly MemoryRow[], call: IncomingCall): MemoryRow | undefined =>
  rows.find((row) => row.digest === call.digest) ?? rows.find((row) => isSameToken(row.digest, call));

/** The token was in memory of another kind only. It is sealed for its digest. */
function keepToken(row: MemoryRow, { digest, sealed }: IncomingCall): void {
  if (row.sealed === undefined && sealed !== undefined) Object.assign(row, { digest, sealed });
}

/** Takes a row for a worker, and gives what the worker may know of it. */
function claimed(row: MemoryRow, now: number, leaseMs: number): ClaimedCall {
  const { unknownAttempts, refusals } = row;
  row.dueAt = now + leaseMs;
  row.reason = undefined;
  row.fence += 1;
  row.attempts += 1;
  row.unknownAttempts += 1;
  const { id, type, digest, sealed, lane, fence, attempts, receivedAt, occurredAt } = row;
  return {
    ...{ id, type, digest, sealed, lane, fence, attempts, receivedAt, occurredAt },
    earlierAttemptUnknown: unknownAttempts > 0,
    turnedAwayTimes: refusals === unknownAttempts ? refusals : 0,
    receivedTick: performance.now() - (now - receivedAt),
  };
}
