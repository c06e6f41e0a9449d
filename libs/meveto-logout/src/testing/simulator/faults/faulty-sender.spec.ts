import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DeliveryAnswer } from '../delivery/delivery.js';
import { Faults } from './faults.js';
import { faultySender } from './faulty-sender.js';

const OK: DeliveryAnswer = { kind: 'status', status: 200 };

describe('FaultySender', () => {
  let faults: Faults;
  let sent: string[];
  let stop: AbortController;
  let send: (userToken: string) => Promise<DeliveryAnswer>;
  beforeEach(() => {
    faults = new Faults(1);
    sent = [];
    stop = new AbortController();
    const sender = faultySender(faults, ({ userToken }) => {
      sent.push(userToken);
      return Promise.resolve(OK);
    });
    send = (userToken) =>
      sender({
        url: 'http://127.0.0.1:9/',
        type: 'User_Logged_Out',
        userToken,
        timeoutMs: 100,
        stopped: stop.signal,
      });
  });

  it('sends a webhook twice', async () => {
    faults.set({ webhook: { kind: 'duplicate', count: 1 } });
    expect(await send('a')).toEqual(OK);
    expect(await send('b')).toEqual(OK);
    expect(sent).toEqual(['a', 'a', 'b']);
  });

  it('sends a webhook, and reports it as failed', async () => {
    faults.set({ webhook: { kind: 'lost-answer', count: 1 } });
    expect(await send('a')).toMatchObject({ kind: 'error' });
    expect(sent).toEqual(['a']);
  });

  it('sends no attempt of a webhook that is never delivered', async () => {
    faults.set({ webhook: { kind: 'never', count: 1 } });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await send('a')).toMatchObject({ kind: 'error', reason: 'never sent, as planned' });
    }
    expect(await send('b')).toEqual(OK);
    expect(sent).toEqual(['b']);
  });

  it('sends a webhook late, or at once when the simulator stops', async () => {
    faults.set({ webhook: { kind: 'late', delayMs: 30, count: 1 } });
    const late = send('a');
    await send('b');
    await late;
    expect(sent).toEqual(['b', 'a']);
    faults.set({ webhook: { kind: 'late', delayMs: 600_000 } });
    const interrupted = send('c');
    stop.abort();
    expect(await interrupted).toEqual(OK);
  });

  it('swaps webhooks in pairs', async () => {
    faults.set({ webhook: { kind: 'reorder', holdMs: 600_000 } });
    await Promise.all([send('a'), send('b')]);
    await Promise.all([send('c'), send('d')]);
    expect(sent).toEqual(['b', 'a', 'd', 'c']);
  });

  it('delays a webhook no longer than holdMs when no other webhook follows', async () => {
    faults.set({ webhook: { kind: 'reorder', holdMs: 10 } });
    expect(await send('a')).toEqual(OK);
    expect(await send('b')).toEqual(OK);
    expect(sent).toEqual(['a', 'b']);
  });
});
