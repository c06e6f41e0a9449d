import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from '../store/errors.js';
import type { ClaimedJob } from '../store/inbox-jobs.js';
import type { Store } from '../store/store.port.js';
import { JobLeases } from './leases.js';
import { letTimePass, staysTrue } from '../../spec-support/until.js';
import type { ResolvedInbox } from './options.js';

const LEASE_MS = 300;
const job = (id: string): ClaimedJob => ({ id, fence: 1 }) as ClaimedJob;

describe('leases', () => {
  const renew = jest.fn<(jobs: readonly ClaimedJob[], leaseMs: number) => Promise<string[]>>();
  let leases: JobLeases;
  beforeEach(() => {
    renew.mockReset();
    renew.mockImplementation((jobs) => Promise.resolve(jobs.map(({ id }) => id)));
    leases = new JobLeases({ inbox: { renew } } as unknown as Store, { leaseMs: LEASE_MS } as ResolvedInbox);
  });

  it('start when the claim is sent', () => {
    const lease = leases.hold(job('a'), 1_000);
    expect(lease.endsAt).toBe(1_000 + LEASE_MS);
    expect(leases.of(job('a'))).toBe(lease);
    leases.drop(job('a'));
    expect(leases.of(job('a'))).toBeUndefined();
  });

  it('are renewed together after a third of their duration, as long as there are any', async () => {
    const [a, b] = [leases.hold(job('a'), performance.now()), leases.hold(job('b'), performance.now())];
    const endsAt = a.endsAt;
    await letTimePass(LEASE_MS / 2);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(renew).toHaveBeenCalledWith([job('a'), job('b')], LEASE_MS);
    expect(a.endsAt).toBeGreaterThan(endsAt + 50);
    leases.drop(a.job);
    leases.drop(b.job);
    renew.mockClear();
    await staysTrue('no renewal', LEASE_MS / 2, () => renew.mock.calls.length === 0);
  });

  it('run out when they are lost', async () => {
    renew.mockResolvedValue(['b']);
    const [a, b] = [leases.hold(job('a'), 0), leases.hold(job('b'), 0)];
    await leases.renew();
    expect(a.endsAt).toBe(LEASE_MS);
    expect(b.endsAt).toBeGreaterThan(LEASE_MS);
  });

  it('continue while the store is unavailable, and are renewed afterwards', async () => {
    renew.mockRejectedValueOnce(new StoreUnavailableError('test'));
    const lease = leases.hold(job('a'), 0);
    await leases.renew();
    expect(lease.endsAt).toBe(LEASE_MS);
    await leases.renew();
    expect(lease.endsAt).toBeGreaterThan(LEASE_MS);
    leases.drop(lease.job);
  });

  it('are renewed by one renewal at a time, in batches', async () => {
    for (let index = 0; index < 1_001; index += 1) leases.hold(job(String(index)), 0);
    const first = leases.renew();
    expect(leases.renew()).toBe(first);
    await first;
    expect(renew.mock.calls.map(([jobs]) => jobs.length)).toEqual([1_000, 1]);
    for (let index = 0; index < 1_001; index += 1) leases.drop(job(String(index)));
  });
});
