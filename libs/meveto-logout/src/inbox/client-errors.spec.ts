import { beforeEach, describe, expect, it } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { linesOf } from '../../spec-support/log-lines.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import type { IncomingJob } from '../store/inbox-jobs.js';
import { LOGOUT, type Priority, type UserToken } from '../store/job.js';
import { keysOf } from '../core/open-keys.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { JobProcessor } from './job-processor.js';
import type { ResolvedInbox } from './options.js';

/** A gateway before Meveto refuses one token with a client error. Meveto rejects the others. */
class Gateway extends TokenExchange {
  override readonly deadlineMs = 1_000;
  askedCount = 0;
  refusal = 'http-403';

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    if (token.reveal() !== 'attack') return Promise.resolve({ kind: 'invalid' });
    this.askedCount += 1;
    return Promise.resolve({ kind: 'retry', reason: this.refusal, maybeSent: true });
  }
}

describe('a job with repeated client errors', () => {
  const warn = linesOf('warn');
  const { cipher, digests } = keysOf('client', 'secret');
  let gateway: Gateway;
  let store: Store;
  let processor: JobProcessor;
  beforeEach(async () => {
    gateway = new Gateway();
    store = await connectedStore(memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }));
    const options = { jobTtlMs: 60_000 } as unknown as ResolvedInbox;
    ({ processor } = workerParts(store, gateway, cipher, options));
  });

  const jobOf = (token: string, priority: Priority): IncomingJob => {
    const digest = digests.ofToken(token);
    return { kind: LOGOUT, digest, sealed: cipher.seal(token, digest), priority, sender: undefined };
  };
  async function work(): Promise<void> {
    const [job] = await store.inbox.claim(1, 10_000);
    if (job === undefined) throw new Error('there is nothing to claim');
    const lease = { job, endsAt: performance.now() + 10_000 };
    await processor.process(job, lease, new AbortController().signal);
  }
  async function answerAnother(): Promise<void> {
    await store.inbox.receive([jobOf('another', 'unknown')]);
    await work();
  }
  async function tryIt(priority: Priority, times: number): Promise<void> {
    await store.inbox.receive([jobOf('attack', priority)]);
    for (let tried = 0; tried < times; tried += 1) {
      const [job] = (await store.inbox.list({ state: 'pending', limit: 1 })).jobs;
      await store.inbox.retryNow(job?.id ?? '');
      await work();
    }
  }
  const expired = async () =>
    (await store.inbox.list({ state: 'expired', limit: 5 })).jobs.map(({ reason }) => reason);

  it('expires while Meveto answers others, with one warning, and continues when its token arrives again', async () => {
    await answerAnother();
    await tryIt('unknown', 4);
    expect(await expired()).toEqual([]);
    await tryIt('unknown', 1);
    expect(await expired()).toEqual(['client-error']);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]?.[0])).toContain(
      '[MEVETO_CLIENT_ERRORS] Jobs of unknown senders got a client error (HTTP 4xx) 5 times each',
    );
    expect((await store.inbox.receive([jobOf('attack', 'unknown')])).opened).toHaveLength(1);
  });

  it('is tried again after only a few client errors, whatever failed before', async () => {
    await answerAnother();
    gateway.refusal = 'timeout';
    await tryIt('unknown', 6);
    gateway.refusal = 'http-403';
    await tryIt('unknown', 6);
    expect(await expired()).toEqual([]);
  });

  it('is tried again while Meveto answers no job', async () => {
    await tryIt('unknown', 8);
    expect(await expired()).toEqual([]);
    expect(gateway.askedCount).toBe(8);
  });

  it('is tried again when its sender is known', async () => {
    await answerAnother();
    await tryIt('known', 8);
    expect(await expired()).toEqual([]);
  });
});
