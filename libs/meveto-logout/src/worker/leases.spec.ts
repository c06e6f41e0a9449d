import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from '../errors.js';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { Leases } from './leases.js';

const LEASE_MS = 300;
const call = (id: string): ClaimedCall => ({ id, fence: 1 }) as ClaimedCall;

describe('leases', () => {
  const renew = jest.fn<(calls: readonly ClaimedCall[], leaseMs: number) => Promise<string[]>>();
  let leases: Leases;
  beforeEach(() => {
    renew.mockReset();
    renew.mockImplementation((calls) => Promise.resolve(calls.map(({ id }) => id)));
    leases = new Leases({ inbox: { renew } } as unknown as Store, { leaseMs: LEASE_MS } as ResolvedOptions);
  });

  it('run from when they were asked for', () => {
    const lease = leases.hold(call('a'), 1_000);
    expect(lease.endsAt).toBe(1_000 + LEASE_MS);
    expect(leases.of(call('a'))).toBe(lease);
    leases.drop(call('a'));
    expect(leases.of(call('a'))).toBeUndefined();
  });

  it('are renewed together at a third of their time, as long as there are any', async () => {
    const [a, b] = [leases.hold(call('a'), performance.now()), leases.hold(call('b'), performance.now())];
    const endsAt = a.endsAt;
    await delay(LEASE_MS / 2);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(renew).toHaveBeenCalledWith([call('a'), call('b')], LEASE_MS);
    expect(a.endsAt).toBeGreaterThan(endsAt + 50);
    leases.drop(a.call);
    leases.drop(b.call);
    renew.mockClear();
    await delay(LEASE_MS / 2);
    expect(renew).not.toHaveBeenCalled();
  });

  it('run out when they were lost', async () => {
    renew.mockResolvedValue(['b']);
    const [a, b] = [leases.hold(call('a'), 0), leases.hold(call('b'), 0)];
    await leases.renew();
    expect(a.endsAt).toBe(LEASE_MS);
    expect(b.endsAt).toBeGreaterThan(LEASE_MS);
  });

  it('run on while the store is away, and are renewed when it is back', async () => {
    renew.mockRejectedValueOnce(new StoreUnavailableError('test'));
    const lease = leases.hold(call('a'), 0);
    await leases.renew();
    expect(lease.endsAt).toBe(LEASE_MS);
    await leases.renew();
    expect(lease.endsAt).toBeGreaterThan(LEASE_MS);
    leases.drop(lease.call);
  });

  it('are renewed once at a time, in parts when they are many', async () => {
    for (let index = 0; index < 1_001; index += 1) leases.hold(call(String(index)), 0);
    const first = leases.renew();
    expect(leases.renew()).toBe(first);
    await first;
    expect(renew.mock.calls.map(([calls]) => calls.length)).toEqual([1_000, 1]);
    for (let index = 0; index < 1_001; index += 1) leases.drop(call(String(index)));
  });
});
