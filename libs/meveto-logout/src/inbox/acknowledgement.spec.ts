import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogoutUnfinishedError } from './errors.js';
import { StoreUnavailableError } from '../store/errors.js';
import { JobEvents } from './job-events.js';
import { KeyedDigest } from '../core/keyed-digest.js';
import type { Store } from '../store/store.port.js';
import { Acknowledgement } from './acknowledgement.js';
import { letTimePass, staysTrue, until } from '../../spec-support/until.js';
import type { ResolvedInbox } from './options.js';

const digests = new KeyedDigest('client', 'new', ['old']);
const digestOf = (token: string) => digests.ofToken(token);
const [SOON, LONG_AGO] = [0, -4_900];

describe('an acknowledgement', () => {
  const unfinished = jest.fn<(digests: readonly string[]) => Promise<string[]>>();
  let events: JobEvents;
  let pending: Set<string>;
  beforeEach(() => {
    pending = new Set();
    events = new JobEvents();
    unfinished.mockReset();
    unfinished.mockImplementation((digests) => Promise.resolve(digests.filter((each) => pending.has(each))));
  });

  function made(options: Partial<ResolvedInbox> = {}): Acknowledgement {
    const store = { inbox: { unfinished } } as unknown as Store;
    const resolved = { acknowledge: 'after-logout', maxWaitingPerPriority: 100, ...options } as ResolvedInbox;
    return new Acknowledgement(store, events, resolved);
  }
  /** @param age of the job when it was stored, as a negative number */
  const ready = (acknowledgement: Acknowledgement, token: string, age = SOON) =>
    acknowledgement.ready([digestOf(token), ...digests.earlierOfToken(token)], performance.now() + age);

  it('on receipt is given at once, without a query', async () => {
    pending.add(digestOf('a'));
    await ready(made({ acknowledge: 'on-receipt' }), 'a');
    expect(unfinished).not.toHaveBeenCalled();
  });

  it('on receipt has a time until the job finishes in this process: that of the first request', async () => {
    const acknowledgement = made({ acknowledge: 'on-receipt' });
    const before = performance.now();
    await ready(acknowledgement, 'a');
    const at = acknowledgement.acknowledgedAt(digestOf('a'));
    expect(at).toBeGreaterThanOrEqual(before);
    await staysTrue('the time', 5, () => acknowledgement.acknowledgedAt(digestOf('a')) === at);
    await ready(acknowledgement, 'a');
    expect(acknowledgement.acknowledgedAt(digestOf('a'))).toBe(at);
    events.finished('applied', digestOf('a'));
    expect(acknowledgement.acknowledgedAt(digestOf('a'))).toBeUndefined();
  });

  it('on receipt keeps the times of the latest 10,000 jobs only', async () => {
    const acknowledgement = made({ acknowledge: 'on-receipt' });
    for (let job = 0; job <= 10_000; job += 1) await acknowledgement.ready([String(job)], performance.now());
    const times = [0, 1, 10_000].map((job) => acknowledgement.acknowledgedAt(String(job)) !== undefined);
    expect(times).toEqual([false, true, true]);
  });

  it('after the logout has no time, because the job has finished before', async () => {
    const acknowledgement = made();
    await ready(acknowledgement, 'a');
    expect(acknowledgement.acknowledgedAt(digestOf('a'))).toBeUndefined();
  });

  it('is given at once for a finished job', async () => {
    const startedAt = performance.now();
    await ready(made(), 'a');
    expect(performance.now() - startedAt).toBeLessThan(120);
  });

  it('is given when the job finishes in this process, by the digest of any key', async () => {
    const acknowledgement = made();
    const earlier = digests.earlierOfToken('b')[0] ?? '';
    pending.add(digestOf('a')).add(earlier);
    const given: string[] = [];
    const both = Promise.all(
      ['a', 'b'].map((token) => ready(acknowledgement, token).then(() => given.push(token))),
    );
    await staysTrue('no acknowledgement', 20, () => given.length === 0);
    events.finished('expired');
    events.finished('rejected', digestOf('c'));
    await staysTrue('no acknowledgement', 1, () => given.length === 0);
    events.finished('rejected', earlier);
    await until('one acknowledgement', () => given.length > 0);
    expect(given).toEqual(['b']);
    events.finished('applied', digestOf('a'));
    await both;
  });

  it('is given when the job finishes on another replica, with one query for all jobs', async () => {
    const acknowledgement = made();
    const tokens = ['a', 'b', 'c'];
    for (const token of tokens) pending.add(digestOf(token));
    const all = Promise.all(tokens.map((token) => ready(acknowledgement, token)));
    await letTimePass(400);
    const looks = unfinished.mock.calls.length;
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(looks).toBeLessThanOrEqual(5);
    expect(unfinished.mock.calls[0]?.[0]).toHaveLength(6);
    pending.clear();
    await all;
    // A query that was under way.
    await letTimePass(200);
    unfinished.mockClear();
    await staysTrue('no query', 200, () => unfinished.mock.calls.length === 0);
  });

  it('is refused five seconds after the receipt', async () => {
    pending.add(digestOf('a'));
    const startedAt = performance.now();
    await expect(ready(made(), 'a', LONG_AGO)).rejects.toBeInstanceOf(LogoutUnfinishedError);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(90);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('is queried again after the store was unavailable', async () => {
    unfinished.mockRejectedValueOnce(new StoreUnavailableError('test'));
    await ready(made(), 'a');
    expect(unfinished).toHaveBeenCalledTimes(2);
  });

  it('is refused at once while too many wait, and given again when there is room', async () => {
    const acknowledgement = made({ maxWaitingPerPriority: 2 });
    pending.add(digestOf('a')).add(digestOf('b'));
    const both = Promise.all([ready(acknowledgement, 'a'), ready(acknowledgement, 'b')]);
    await expect(ready(acknowledgement, 'c')).rejects.toMatchObject({
      code: 'ERR_MEVETO_LOGOUT_UNFINISHED',
      retryAfterMs: 5_000,
    });
    pending.clear();
    await both;
    await ready(acknowledgement, 'c');
  });
});
