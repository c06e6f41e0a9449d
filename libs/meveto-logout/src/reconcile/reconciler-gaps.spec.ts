import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EMPTY, FakeList, pageOf } from '../../../../test/support/fake-pending-list.js';
import { reconcilerOf } from '../../../../test/support/reconciler-parts.js';
import type { CallEvents } from '../observe/call-events.js';
import type { Counters } from '../observe/counters.js';
import { TokenVault } from '../secrets/token-vault.js';
import { LOGGED_OUT } from '../model/call.js';
import type { Store } from '../store/store.port.js';
import type { Reconciler } from './reconciler.js';

describe('the reconciler and gaps in push delivery', () => {
  const warn = jest.fn();
  const vault = new TokenVault('client', 'secret');
  let store: Store;
  let list: FakeList;
  let events: CallEvents;
  let counters: Counters;
  let reconciler: Reconciler;
  beforeEach(() => {
    jest.useFakeTimers({
      now: Date.UTC(2026, 0, 1, 12, 0, 30),
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
    list = new FakeList();
    ({ store, events, counters, reconciler } = reconcilerOf(list, vault));
  });
  afterEach(async () => {
    await reconciler.stop();
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });

  it('reports calls that no push brought, in one line, and asks again sooner than scheduled', async () => {
    list.answer = () => Promise.resolve(pageOf('1'));
    await reconciler.run();
    expect(counters.all().reconcile_gap).toBe(1);
    expect(warn.mock.calls.filter(([text]) => String(text).startsWith('1 calls were found'))).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(list.asked).toHaveLength(2);
    expect(counters.all().reconcile_gap).toBe(1);
  });

  it('does not call it a gap when an ambiguous call is healed, and counts those beside it', async () => {
    const digest = vault.digestToken('token-1');
    await store.inbox.receive([
      { type: LOGGED_OUT, digest, sealed: 'sealed', lane: 'stranger', sender: undefined },
    ]);
    const [call] = await store.inbox.claim(1, 10_000);
    if (call === undefined) throw new Error('nothing was claimed');
    await store.inbox.finish(call, { state: 'ambiguous', reason: 'test' });
    list.answer = () =>
      Promise.resolve({ ...EMPTY, calls: ['1', '2', '3'].flatMap((id) => pageOf(id).calls) });
    await reconciler.run();
    expect(counters.all()).toMatchObject({ reconcile_new_call: 3, reconcile_gap: 2 });
  });

  it('calls it a gap although as many calls became ambiguous, which the list does not name', async () => {
    await reconciler.start();
    list.answer = () => Promise.resolve(pageOf('1'));
    events.ended('ambiguous');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(counters.all()).toMatchObject({ reconcile_new_call: 1, reconcile_gap: 1 });
  });

  it('does not call it a gap when the push may be on its way', async () => {
    const [call] = pageOf('1').calls;
    if (call === undefined) throw new Error('no call');
    list.answer = () => Promise.resolve({ ...EMPTY, calls: [{ ...call, createdAt: Date.now() - 1_000 }] });
    await reconciler.run();
    expect(counters.all()).toMatchObject({ reconcile_new_call: 1, reconcile_gap: 0 });
  });
});
