import { expect, it, jest } from '@jest/globals';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { LOGGED_OUT } from '../model/call.js';
import { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import type { CallStorage } from '../worker/call-storage.js';
import type { PendingCall, PendingPage } from './pending-calls.port.js';
import { Reconciler } from './reconciler.js';

it('a long page of the pending list is stored in pieces', async () => {
  const receiveListed = jest.fn((calls: readonly unknown[]) => Promise.resolve(calls.length));
  const calls = Array.from({ length: 450 }, (_, index): PendingCall => ({
    id: String(index),
    type: LOGGED_OUT,
    token: new UserToken(`token-${String(index)}`),
    createdAt: undefined,
  }));
  const page: PendingPage = { calls, skippedCount: 0, next: undefined };
  const counters = new Counters();
  const reconciler = new Reconciler(
    {
      lease: { take: () => Promise.resolve(true) },
      register: { now: () => Promise.resolve(0) },
    } as unknown as Store,
    { receiveListed } as unknown as CallStorage,
    { page: () => Promise.resolve(page) },
    new TokenVault('client', 'secret'),
    new CallEvents(),
    counters,
    { doesExist: () => false } as unknown as SchedulerRegistry,
    { exchange: { timeoutMs: 5_000 } } as ResolvedOptions,
  );
  expect(await reconciler.run()).toBe(true);
  await reconciler.stop();
  expect(receiveListed.mock.calls.map(([each]) => each.length)).toEqual([200, 200, 50]);
  expect(counters.all()).toMatchObject({ reconcile_new_call: 450 });
});
