import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { leveledLines } from '../../spec-support/log-lines.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { StoreUnavailableError } from '../store/errors.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import type { ClaimedJob } from '../store/inbox-jobs.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import { type JobKind, LOGOUT, UNLINK, type UserToken } from '../store/job.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { JobEvents } from './job-events.js';
import { Counters } from '../core/counters.js';
import { keysOf } from '../core/open-keys.js';
import { TokenCipher } from '../core/token-cipher.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { JobProcessor } from './job-processor.js';
import type { ResolvedInbox } from './options.js';

const TOKEN = 'one-time-token';
const LEASE_MS = 8_000;
const EXCHANGE_MS = 5_000;
const away = () => Promise.reject(new StoreUnavailableError('test'));

class FakeExchange extends TokenExchange {
  override readonly deadlineMs = EXCHANGE_MS;
  readonly tokens: string[] = [];
  outcome: ExchangeOutcome = { kind: 'person', mevetoId: 'm-1' };

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    this.tokens.push(token.reveal());
    return Promise.resolve(this.outcome);
  }
}

describe('a claimed job', () => {
  const lines = leveledLines();
  const { cipher, digests } = keysOf('client', 'secret');
  let stopping: AbortController;
  let store: Store;
  let exchange: FakeExchange;
  let known: LogoutCache;
  let counters: Counters;
  let ended: string[];
  let removed: string[];
  let processor: JobProcessor;

  beforeEach(async () => {
    stopping = new AbortController();
    store = await connectedStore(memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }), (id) =>
      digests.ofSubject(id),
    );
    exchange = new FakeExchange();
    known = new LogoutCache();
    counters = new Counters();
    const events = new JobEvents();
    ended = [];
    events.finished$.subscribe(({ state }) => ended.push(state));
    removed = [];
    const emitter = loggedEvents(counters);
    emitter.listen((event) => {
      if (event.code === 'MEVETO_PROTECTION_REMOVED')
        removed.push(...(event as unknown as { userIds: readonly string[] }).userIds);
    });
    const options = {
      jobTtlMs: 60_000,
    } as unknown as ResolvedInbox;
    ({ processor } = workerParts(store, exchange, cipher, options, { events, counters, known, emitter }));
  });

  async function claimed(kind: JobKind = LOGOUT): Promise<ClaimedJob> {
    const digest = digests.ofToken(TOKEN);
    const sealed = cipher.seal(TOKEN, digest);
    await store.inbox.receive([{ kind, digest, sealed, priority: 'unknown', sender: undefined }]);
    const [job] = await store.inbox.claim(1, LEASE_MS);
    if (job === undefined) throw new Error('nothing was claimed');
    return job;
  }
  const process = (job: ClaimedJob, leaseEndsInMs = LEASE_MS) =>
    processor.process(job, { job, endsAt: performance.now() + leaseEndsInMs }, stopping.signal);
  const jobs = async () => (await store.inbox.summary()).jobs;

  it('for a known person is applied, announced and counted', async () => {
    const job = await claimed();
    await process(job);
    expect(exchange.tokens).toEqual([TOKEN]);
    expect(await jobs()).toMatchObject({ applied: 1, pending: 0 });
    expect(known.loggedOutAt('1')).toBe(job.occurredAt);
    expect(ended).toEqual(['applied']);
    expect(counters.all()).toMatchObject({ exchange_person: 1, job_applied: 1 });
  });

  it('for an unknown person ends as unknown_user', async () => {
    exchange.outcome = { kind: 'person', mevetoId: 'm-2' };
    await process(await claimed());
    expect(await jobs()).toMatchObject({ unknown_user: 1, pending: 0 });
    expect(ended).toEqual(['unknown_user']);
    expect(known.loggedOutAt('1')).toBeUndefined();
  });

  it('that removes the protection emits an event with the user, and logs no user out', async () => {
    await process(await claimed(UNLINK));
    expect(await jobs()).toMatchObject({ applied: 1, pending: 0 });
    expect(removed).toEqual(['1']);
    expect(counters.all()).toMatchObject({ protection_removed: 1, job_applied: 1 });
    expect(known.loggedOutAt('1')).toBeUndefined();
  });

  it('with an invalid token is rejected', async () => {
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(await jobs()).toMatchObject({ rejected: 1, pending: 0 });
    expect(counters.all()).toMatchObject({ exchange_invalid: 1, job_rejected: 1 });
  });

  it('with an invalid token after an attempt of unknown outcome becomes ambiguous, with a warning', async () => {
    await store.inbox.release(await claimed(), { delayMs: 0, maybeSent: true, reason: 'timeout' });
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(await jobs()).toMatchObject({ ambiguous: 1, pending: 0 });
    expect(ended).toEqual(['ambiguous']);
    expect(lines[0]).toMatch(
      /^warn: \[MEVETO_JOB_AMBIGUOUS\] Job [\w-]+ is ambiguous: an attempt whose answer was lost used up its token\. Polling Meveto’s list of pending webhooks\.$/,
    );
  });

  it.each([true, false])('without an answer is released (maybe sent: %s)', async (maybeSent) => {
    exchange.outcome = { kind: 'retry', reason: `${'x'.repeat(64)}too long`, maybeSent };
    const release = jest.spyOn(store.inbox, 'release');
    const job = await claimed();
    await process(job);
    expect(release).toHaveBeenCalledWith(job, {
      delayMs: expect.any(Number),
      maybeSent,
      reason: 'x'.repeat(64),
    });
    const delayMs = release.mock.calls[0]?.[1].delayMs;
    expect(delayMs).toBeGreaterThanOrEqual(500);
    expect(delayMs).toBeLessThanOrEqual(1_000);
    expect(await jobs()).toMatchObject({ pending: 1 });
    expect(counters.all()).toMatchObject({ exchange_retry: 1 });
    expect(ended).toEqual([]);
  });

  it.each([
    [7_000, 7_000],
    [3_600_000, 30_000],
  ])('waits as long as Meveto asks (%d ms), but at most half a minute', async (retryAfterMs, delayMs) => {
    exchange.outcome = { kind: 'retry', reason: 'http-429', maybeSent: true, retryAfterMs };
    const release = jest.spyOn(store.inbox, 'release');
    await process(await claimed());
    expect(release.mock.calls[0]?.[1].delayMs).toBe(delayMs);
  });

  it.each([
    ['without an error line if no attempt can have reached Meveto', false, 0],
    ['with an error line if an attempt may have used up its token', true, 1],
  ])('that fails again after its time to live expires, %s', async (_what, maybeSent, lineCount) => {
    exchange.outcome = { kind: 'retry', reason: 'http-500', maybeSent };
    const job = await claimed();
    await process({ ...job, receivedTick: job.receivedTick - 60_001 });
    expect(await jobs()).toMatchObject({ expired: 1, pending: 0 });
    expect(counters.all()).toMatchObject({ job_expired: 1, job_expired_outcome_unknown: lineCount });
    expect(lines).toEqual(
      Array.from({ length: lineCount }, () =>
        expect.stringMatching(
          /^error: \[MEVETO_JOB_EXPIRED_OUTCOME_UNKNOWN\] 1 job expired after attempts.* Jobs: [\w-]+\.$/,
        ),
      ),
    );
  });

  it('that no key opens waits for a process with the key, with a warning, and expires unread when it is too old', async () => {
    const digest = digests.ofToken(TOKEN);
    const sealed = new TokenCipher('client', 'an older secret').seal(TOKEN, digest);
    await store.inbox.receive([{ kind: LOGOUT, digest, sealed, priority: 'unknown', sender: undefined }]);
    await process(await claimed());
    const [waiting] = (await store.inbox.list({ state: 'pending', limit: 2 })).jobs;
    expect(waiting).toMatchObject({ reason: 'key-missing' });
    expect(lines[0]).toMatch(
      /^warn: \[MEVETO_KEY_MISSING\] No key opens the token of a job.*client secret changed\?/,
    );
    await store.inbox.retryNow(waiting?.id ?? '');
    const [job] = await store.inbox.claim(1, 10_000);
    if (job === undefined) throw new Error('there is nothing to claim');
    await process({ ...job, receivedTick: job.receivedTick - 60_001 });
    expect(exchange.tokens).toEqual([]);
    expect(await jobs()).toMatchObject({ expired: 1, pending: 0 });
    expect(counters.all()).toMatchObject({ job_expired: 1, exchange_invalid: 0 });
    expect(lines.at(-1)).toMatch(
      /^error: \[MEVETO_JOB_EXPIRED_UNREAD\] .* expired unread: no key opened its token/,
    );
  });

  it('whose lease may end before Meveto’s answer is not sent', async () => {
    await process(await claimed(), EXCHANGE_MS - 1);
    expect(exchange.tokens).toEqual([]);
    expect(await jobs()).toMatchObject({ pending: 1 });
  });

  it('whose claim was lost during the exchange is only counted', async () => {
    const job = await claimed();
    exchange.outcome = { kind: 'invalid' };
    await process({ ...job, fence: job.fence - 1 });
    expect(await jobs()).toMatchObject({ pending: 1 });
    expect(counters.all()).toMatchObject({ job_claim_lost: 1, job_rejected: 0 });
    await store.inbox.finish(job, { state: 'rejected', reason: 'test' });
    exchange.outcome = { kind: 'person', mevetoId: 'm-1' };
    await process({ ...job, fence: job.fence - 1 });
    expect(counters.all()).toMatchObject({ job_claim_lost: 2, job_applied: 0 });
    expect(ended).toEqual([]);
    expect(known.loggedOutAt('1')).toBeUndefined();
  });

  it('is applied after the store was unavailable, with one exchange', async () => {
    const job = await claimed();
    const apply = jest.spyOn(store.logoutStore, 'applyLogouts');
    apply.mockImplementationOnce(away).mockImplementationOnce(away);
    await process(job);
    expect(apply).toHaveBeenCalledTimes(3);
    expect(exchange.tokens).toHaveLength(1);
    expect(await jobs()).toMatchObject({ applied: 1 });
    expect(counters.all()).toMatchObject({ exchange_person: 1, job_applied: 1 });
  });

  it('is rejected after the store was unavailable', async () => {
    exchange.outcome = { kind: 'invalid' };
    const job = await claimed();
    const finish = jest.spyOn(store.inbox, 'finish').mockImplementationOnce(away);
    await process(job);
    expect(finish).toHaveBeenCalledTimes(2);
    expect(await jobs()).toMatchObject({ rejected: 1 });
  });

  it('is abandoned once the process must stop', async () => {
    const job = await claimed();
    const apply = jest.spyOn(store.logoutStore, 'applyLogouts').mockImplementation(away);
    setImmediate(() => {
      stopping.abort();
    });
    await process(job);
    expect(apply.mock.calls.length).toBeLessThanOrEqual(2);
    expect(await jobs()).toMatchObject({ pending: 1 });
  });

  it('does not write its token to any log', async () => {
    await store.inbox.release(await claimed(), { delayMs: 0, maybeSent: true, reason: 'timeout' });
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(lines).not.toHaveLength(0);
    expect(lines.join('\n')).not.toContain(TOKEN);
  });
});
