import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { EMPTY, FakeList, pageOf } from '../../spec-support/fake-pending-list.js';
import { reconcilerOf } from '../../spec-support/reconciler-parts.js';
import type { JobEvents } from '../inbox/job-events.js';
import type { Counters } from '../core/counters.js';
import { keysOf } from '../core/open-keys.js';
import { LOGOUT } from '../store/job.js';
import type { Store } from '../store/store.port.js';
import type { MevetoReconciler } from './meveto-reconciler.js';

describe('MevetoReconciler and missed deliveries', () => {
  const warn = linesOf('warn');
  const keys = keysOf('client', 'secret');
  let store: Store;
  let list: FakeList;
  let events: JobEvents;
  let counters: Counters;
  let reconciler: MevetoReconciler;
  beforeEach(async () => {
    jest.useFakeTimers({
      now: Date.UTC(2026, 0, 1, 12, 0, 30),
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    list = new FakeList();
    ({ store, events, counters, reconciler } = await reconcilerOf(list, keys));
  });
  afterEach(async () => {
    await reconciler.stop();
    jest.useRealTimers();
  });

  it('reports missed deliveries in one line, and polls again before the schedule', async () => {
    list.answer = () => Promise.resolve(pageOf('1'));
    await reconciler.run();
    expect(counters.all().reconcile_missed_delivery).toBe(1);
    expect(
      warn.mock.calls.filter(([text]) =>
        String(text).startsWith('[MEVETO_MISSED_DELIVERIES] 1 webhooks never arrived'),
      ),
    ).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(list.asked).toHaveLength(2);
    expect(counters.all().reconcile_missed_delivery).toBe(1);
  });

  it('does not count the listed webhook of an ambiguous job, and counts the others', async () => {
    const digest = keys.digests.ofToken('token-1');
    await store.inbox.receive([
      { kind: LOGOUT, digest, sealed: 'sealed', priority: 'unknown', sender: undefined },
    ]);
    const [job] = await store.inbox.claim(1, 10_000);
    if (job === undefined) throw new Error('nothing was claimed');
    await store.inbox.finish(job, { state: 'ambiguous', reason: 'test' });
    list.answer = () =>
      Promise.resolve({ ...EMPTY, webhooks: ['1', '2', '3'].flatMap((id) => pageOf(id).webhooks) });
    await reconciler.run();
    expect(counters.all()).toMatchObject({ reconcile_new_job: 3, reconcile_missed_delivery: 2 });
  });

  it('counts missed deliveries also when as many jobs became ambiguous that are not listed', async () => {
    await reconciler.start();
    list.answer = () => Promise.resolve(pageOf('1'));
    events.finished('ambiguous');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(counters.all()).toMatchObject({ reconcile_new_job: 1, reconcile_missed_delivery: 1 });
  });

  it('does not count a webhook whose request may still be on its way', async () => {
    const [webhook] = pageOf('1').webhooks;
    if (webhook === undefined) throw new Error('no webhook');
    list.answer = () =>
      Promise.resolve({ ...EMPTY, webhooks: [{ ...webhook, createdAt: Date.now() - 1_000 }] });
    await reconciler.run();
    expect(counters.all()).toMatchObject({ reconcile_new_job: 1, reconcile_missed_delivery: 0 });
  });
});
