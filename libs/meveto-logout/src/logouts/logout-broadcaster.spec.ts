import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { LogoutCache } from './logout-cache.js';
import type { AnnouncedLogout } from '../store/logout.js';
import { Counters } from '../core/counters.js';
import { KeyedDigest } from '../core/keyed-digest.js';
import { ClusterBus } from './cluster-bus.port.js';
import { type ClusterMessage, messagesOf } from './cluster-message.js';
import { leveledLines } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { LogoutBroadcaster } from './logout-broadcaster.js';

class FakeBus extends ClusterBus {
  override reachesReplicas = true;
  readonly messages$ = new Subject<unknown>();
  readonly sent: ClusterMessage[] = [];

  override send(message: ClusterMessage): void {
    this.sent.push(message);
  }
}

const digests = new KeyedDigest('client', 'secret');
const logout = (userId: string) => ({ userId, loggedOutAt: 1 });

describe('LogoutBroadcaster', () => {
  const lines = leveledLines();
  const started = () => {
    const [bus, known, counters] = [new FakeBus(), new LogoutCache(), new Counters()];
    const received: AnnouncedLogout[] = [];
    known.logouts$.subscribe((each) => received.push(each));
    const broadcaster = new LogoutBroadcaster(known, bus, digests, loggedEvents(counters));
    broadcaster.start();
    return { bus, known, counters, received, broadcaster };
  };

  it('sends logouts that are committed together in one message', async () => {
    const { bus, known } = started();
    for (const userId of ['1', '2', '3']) known.learn(logout(userId), 'own-commit');
    expect(bus.sent).toEqual([]);
    await turn();
    expect(bus.sent.map(({ logouts }) => logouts)).toEqual(['[["1",1],["2",1],["3",1]]']);
  });

  it('does not forward logouts of other replicas', async () => {
    const { bus, known } = started();
    known.learn(logout('1'), 'store');
    bus.messages$.next(messagesOf([logout('2')], digests)[0]);
    await turn();
    expect(bus.sent).toEqual([]);
  });

  it('queues nothing for a bus that reaches no replica', async () => {
    const { bus, known } = started();
    bus.reachesReplicas = false;
    known.learn(logout('1'), 'own-commit');
    bus.reachesReplicas = true;
    await turn();
    expect(bus.sent).toEqual([]);
  });

  it('adds logouts of other replicas to the cache, once', () => {
    const { bus, received } = started();
    const [message] = messagesOf([logout('1'), logout('2')], digests);
    bus.messages$.next(message);
    bus.messages$.next(message);
    expect(received.map(({ userId, source }) => [userId, source])).toEqual([
      ['1', 'cluster'],
      ['2', 'cluster'],
    ]);
  });

  it('warns once of invalid messages, and counts them', () => {
    const { bus, counters, received } = started();
    bus.messages$.next('garbage');
    bus.messages$.next(messagesOf([logout('1')], new KeyedDigest('other', 'secret'))[0]);
    expect(received).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/^warn: \[MEVETO_CLUSTER_MESSAGE_REFUSED\] /)]);
    expect(counters.all().cluster_refused).toBe(2);
  });

  it('sends the waiting logouts when it stops, and nothing later', async () => {
    const { bus, known, broadcaster } = started();
    known.learn(logout('1'), 'own-commit');
    broadcaster.stop();
    expect(bus.sent).toHaveLength(1);
    known.learn(logout('2'), 'own-commit');
    await turn();
    expect(bus.sent).toHaveLength(1);
  });
});
