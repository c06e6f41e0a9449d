import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { toldBy } from '../../spec-support/told-events.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import type { EmittedEvent } from '../core/event-kinds.js';
import { keysOf } from '../core/open-keys.js';
import { LOGOUT } from '../store/job.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { ResolvedInbox } from './options.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';

const TOKEN = 'one-time-token';
const LEASE_MS = 8_000;
const EXCHANGE_MS = 40;

class SlowExchange extends TokenExchange {
  override readonly deadlineMs = 5_000;
  outcome: ExchangeOutcome = { kind: 'person', mevetoId: 'm-1' };

  override async exchange(): Promise<ExchangeOutcome> {
    await delay(EXCHANGE_MS);
    return this.outcome;
  }
}

interface Times {
  readonly acknowledgedAfterMs?: number;
  readonly startedAfterMs?: number;
  readonly answeredAfterMs?: number;
  readonly sinceReceiptMs: number;
}

describe('the times of a job', () => {
  const { cipher, digests } = keysOf('client', 'secret');
  const digest = digests.ofToken(TOKEN);
  let store: Store;
  let exchange: SlowExchange;
  let parts: ReturnType<typeof workerParts>;
  let told: EmittedEvent[];
  beforeEach(async () => {
    const users = [{ id: 1, mevetoId: 'm-1' }];
    store = await connectedStore(memoryStore({ users }), (id) => digests.ofSubject(id));
    exchange = new SlowExchange();
    start();
  });

  function start(jobTtlMs = 60_000): void {
    const options = { jobTtlMs, acknowledge: 'on-receipt' } as unknown as ResolvedInbox;
    parts = workerParts(store, exchange, cipher, options);
    told = toldBy(parts.emitter);
  }

  /** Stores and processes a job; returns its times, and how long both took. */
  async function processed(
    code: string,
  ): Promise<{ readonly event: EmittedEvent; readonly wholeMs: number }> {
    const before = performance.now();
    const sealed = cipher.seal(TOKEN, digest);
    await store.inbox.receive([{ kind: LOGOUT, digest, sealed, priority: 'unknown', sender: undefined }]);
    await parts.acknowledgement.ready([digest], performance.now());
    await delay(5);
    const [job] = await store.inbox.claim(1, LEASE_MS);
    if (job === undefined) throw new Error('nothing was claimed');
    const lease = { job, endsAt: performance.now() + LEASE_MS };
    await parts.processor.process(job, lease, new AbortController().signal);
    const event = told.find((each) => each.code === code);
    if (event === undefined) throw new Error(`no ${code}`);
    return { event, wholeMs: performance.now() - before };
  }

  it.each<[string, ExchangeOutcome]>([
    ['MEVETO_JOB_APPLIED', { kind: 'person', mevetoId: 'm-1' }],
    ['MEVETO_JOB_UNKNOWN_USER', { kind: 'person', mevetoId: 'm-2' }],
    ['MEVETO_JOB_REJECTED', { kind: 'invalid' }],
  ])('are in the order of its steps, and no longer than the whole: %s', async (code, outcome) => {
    exchange.outcome = outcome;
    const { event, wholeMs } = await processed(code);
    const times = event as unknown as Times;
    const { acknowledgedAfterMs = NaN, startedAfterMs = NaN, answeredAfterMs = NaN, sinceReceiptMs } = times;
    const inOrder = [acknowledgedAfterMs, startedAfterMs, answeredAfterMs, sinceReceiptMs];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    expect(acknowledgedAfterMs).toBeGreaterThanOrEqual(0);
    expect(startedAfterMs - acknowledgedAfterMs).toBeGreaterThan(3);
    // A timer may fire a millisecond early.
    expect(answeredAfterMs - startedAfterMs).toBeGreaterThan(EXCHANGE_MS - 2);
    // The store's clock has whole milliseconds.
    expect(sinceReceiptMs).toBeLessThan(wholeMs + 1);
    expect(parts.acknowledgement.acknowledgedAt(digest)).toBeUndefined();
  });

  it('have no answer of Meveto if the job expired', async () => {
    exchange.outcome = { kind: 'retry', reason: 'http-503', maybeSent: true };
    start(1);
    const { event, wholeMs } = await processed('MEVETO_JOB_EXPIRED');
    const { times } = event as unknown as { readonly times: readonly Times[] };
    expect(times).toHaveLength(1);
    const {
      acknowledgedAfterMs = NaN,
      startedAfterMs = NaN,
      answeredAfterMs,
      sinceReceiptMs = NaN,
    } = times[0] ?? {};
    expect(answeredAfterMs).toBeUndefined();
    expect(startedAfterMs - acknowledgedAfterMs).toBeGreaterThan(3);
    expect(sinceReceiptMs - startedAfterMs).toBeGreaterThan(EXCHANGE_MS - 2);
    expect(sinceReceiptMs).toBeLessThan(wholeMs + 1);
  });

  it('have no answer of Meveto if the token was lost', async () => {
    await store.inbox.receive([
      { kind: LOGOUT, digest, sealed: undefined, priority: 'unknown', sender: undefined },
    ]);
    const [job] = await store.inbox.claim(1, LEASE_MS);
    if (job === undefined) throw new Error('nothing was claimed');
    await parts.processor.process(
      job,
      { job, endsAt: performance.now() + LEASE_MS },
      new AbortController().signal,
    );
    const [event] = told as unknown as readonly (Times & { readonly code: string })[];
    expect(event).toMatchObject({ code: 'MEVETO_JOB_AMBIGUOUS' });
    expect([event?.acknowledgedAfterMs, event?.answeredAfterMs]).toEqual([undefined, undefined]);
    expect(event?.sinceReceiptMs).toBeGreaterThanOrEqual(event?.startedAfterMs ?? NaN);
  });
});
