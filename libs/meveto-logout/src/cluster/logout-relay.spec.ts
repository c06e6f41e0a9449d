import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { KnownLogouts } from '../logout/known-logouts.js';
import type { AnnouncedLogout } from '../model/logout.js';
import { Counters } from '../observe/counters.js';
import { TokenVault } from '../secrets/token-vault.js';
import { ClusterBus } from './cluster-bus.port.js';
import { type ClusterMessage, messagesOf } from './cluster-message.js';
import { LogoutRelay } from './logout-relay.js';

class FakeBus extends ClusterBus {
  override reachesReplicas = true;
  readonly messages$ = new Subject<unknown>();
  readonly sent: ClusterMessage[] = [];

  override send(message: ClusterMessage): void {
    this.sent.push(message);
  }
}

const keys = new TokenVault('client', 'secret');
const logout = (userId: string) => ({ userId, loggedOutAt: 1 });

describe('the relay between replicas', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const started = () => {
    const [bus, known, counters] = [new FakeBus(), new KnownLogouts(), new Counters()];
    const heard: AnnouncedLogout[] = [];
    known.logouts$.subscribe((each) => heard.push(each));
    const relay = new LogoutRelay(known, bus, keys, counters);
    relay.start();
    return { bus, known, counters, heard, relay };
  };

  it('sends what is committed together in one message', async () => {
    const { bus, known } = started();
    for (const userId of ['1', '2', '3']) known.learn(logout(userId), 'own-commit');
    expect(bus.sent).toEqual([]);
    await turn();
    expect(bus.sent.map(({ logouts }) => logouts)).toEqual(['[["1",1],["2",1],["3",1]]']);
  });

  it('sends on nothing that it was told', async () => {
    const { bus, known } = started();
    known.learn(logout('1'), 'store');
    bus.messages$.next(messagesOf([logout('2')], keys)[0]);
    await turn();
    expect(bus.sent).toEqual([]);
  });

  it('keeps nothing for a bus that reaches nobody', async () => {
    const { bus, known } = started();
    bus.reachesReplicas = false;
    known.learn(logout('1'), 'own-commit');
    bus.reachesReplicas = true;
    await turn();
    expect(bus.sent).toEqual([]);
  });

  it('takes in what other replicas tell, once', () => {
    const { bus, heard } = started();
    const [message] = messagesOf([logout('1'), logout('2')], keys);
    bus.messages$.next(message);
    bus.messages$.next(message);
    expect(heard.map(({ userId, source }) => [userId, source])).toEqual([
      ['1', 'cluster'],
      ['2', 'cluster'],
    ]);
  });

  it('warns once of messages that it does not understand, and counts them', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { bus, counters, heard } = started();
    bus.messages$.next('garbage');
    bus.messages$.next(messagesOf([logout('1')], new TokenVault('other', 'secret'))[0]);
    expect(heard).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(counters.all().cluster_refused).toBe(2);
  });

  it('sends what is still waiting when it stops, and nothing later', async () => {
    const { bus, known, relay } = started();
    known.learn(logout('1'), 'own-commit');
    relay.stop();
    expect(bus.sent).toHaveLength(1);
    known.learn(logout('2'), 'own-commit');
    await turn();
    expect(bus.sent).toHaveLength(1);
  });
});
