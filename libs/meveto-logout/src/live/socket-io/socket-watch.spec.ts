import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Socket } from 'socket.io';
import { LogoutCache } from '../../logouts/logout-cache.js';
import { Counters } from '../../core/counters.js';
import { NO_AUDIT } from '../../../spec-support/no-audit.js';
import { OpenConnections } from '../../sessions/open-connections.js';
import type { ResolvedSessions } from '../../sessions/options.js';
import { SessionValidator } from '../../sessions/session-validator.js';
import { SocketWatch } from './socket-watch.js';
import type { ResolvedLogouts } from '../../logouts/options.js';
import type { ResolvedGuard } from '../../guard/options.js';

const COUNT = 1_000;

/** What the sockets received, in order. */
let log: { what: 'notified' | 'disconnected'; id: number }[];

class FakeSocket {
  connected = true;
  readonly nsp;
  #onDisconnect = () => undefined as unknown;

  constructor(
    readonly id: number,
    private readonly isBroken = false,
  ) {
    const emit = () => {
      if (this.isBroken) throw new Error('broken');
      log.push({ what: 'notified', id });
    };
    this.nsp = { name: '/meveto-logout', local: { to: () => ({ emit }) } };
  }

  on(_event: string, listener: () => unknown): void {
    this.#onDisconnect = listener.bind(this);
  }

  disconnect(): void {
    log.push({ what: 'disconnected', id: this.id });
    this.connected = false;
    this.#onDisconnect();
  }
}

describe('SocketWatch', () => {
  let known: LogoutCache;
  let watch: SocketWatch;
  let connections: OpenConnections;
  beforeEach(() => {
    log = [];
    known = new LogoutCache();
    const options = {
      maxSessionAgeMs: 1_000_000,
      whenLoggedOut: { redirectTo: '/login' },
    } as ResolvedSessions & ResolvedLogouts & ResolvedGuard;
    const counters = new Counters();
    const clock = { now: () => 5_000 };
    const validator = new SessionValidator(known, options, options, counters, clock, NO_AUDIT);
    connections = new OpenConnections(known, validator);
    watch = new SocketWatch(connections, validator, counters, options, {
      namespaces: [],
      origins: [],
      maxSocketsPerUser: 20,
      redirectsPerSecond: 400,
    });
  });
  afterEach(() => {
    connections.onApplicationShutdown();
  });

  const open = (id: number, isBroken = false) => {
    const socket = new FakeSocket(id, isBroken);
    watch.watch(socket as unknown as Socket, [{ userId: id, signedInAt: 1_000 }]);
    return socket;
  };
  const logOut = (id: number) => {
    known.learn({ userId: String(id), loggedOutAt: 2_000 }, 'store');
  };
  const allBatches = async () => {
    for (let count = 0; count < (2 * COUNT) / 50; count += 1) await turn();
  };

  it('sends the message to one socket at once, and disconnects it in the next turn of the event loop', async () => {
    open(1);
    logOut(1);
    expect(log).toEqual([{ what: 'notified', id: 1 }]);
    await turn();
    expect(log).toEqual([
      { what: 'notified', id: 1 },
      { what: 'disconnected', id: 1 },
    ]);
  });

  it('sends the message to many sockets before it disconnects the first one, each once', async () => {
    for (let id = 0; id < COUNT; id += 1) open(id);
    for (let id = 0; id < COUNT; id += 1) logOut(id);
    for (let id = 0; id < COUNT; id += 1) logOut(id);
    await allBatches();
    const lastNotified = log.map(({ what }) => what).lastIndexOf('notified');
    expect(lastNotified).toBe(COUNT - 1);
    expect(log).toHaveLength(2 * COUNT);
    expect(new Set(log.map(({ what, id }) => `${what} ${String(id)}`)).size).toBe(2 * COUNT);
    expect(watch.countOf('1')).toBe(0);
  });

  it('disconnects a socket that cannot receive the message', async () => {
    const broken = open(1, true);
    logOut(1);
    await turn();
    expect(broken.connected).toBe(false);
  });

  it('closes the connection of a socket that cannot be disconnected', async () => {
    const stubborn = open(1);
    const close = jest.fn();
    Object.assign(stubborn, {
      disconnect: () => {
        throw new Error('a listener of the application');
      },
      conn: { close },
    });
    logOut(1);
    await turn();
    expect(log).toEqual([{ what: 'notified', id: 1 }]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('sends nothing to a socket that has disconnected', async () => {
    const sockets = Array.from({ length: COUNT }, (_, id) => open(id));
    for (let id = 0; id < COUNT; id += 1) logOut(id);
    sockets.at(-1)?.disconnect();
    await allBatches();
    expect(log.filter(({ id }) => id === COUNT - 1)).toEqual([{ what: 'disconnected', id: COUNT - 1 }]);
  });

  it('counts the sockets of a user on the module’s namespace until they receive the message', () => {
    open(1);
    open(1);
    expect(watch.countOf('1')).toBe(2);
    logOut(1);
    expect(watch.countOf('1')).toBe(0);
  });
});
