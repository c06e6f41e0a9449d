import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import { Counters } from '../core/counters.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import type { ResolvedLogouts } from '../logouts/options.js';
import { type ConnectionKind, OpenConnections } from './open-connections.js';
import type { ResolvedSessions } from './options.js';
import { SessionValidator } from './session-validator.js';

interface Connection {
  readonly id: number;
  isOpen: boolean;
}

describe('open connections of several kinds', () => {
  const warn = linesOf('warn');
  let known: LogoutCache;
  let now: number;
  let connections: OpenConnections;
  /** What happened, in order. */
  let log: string[];
  beforeEach(() => {
    log = [];
    now = 5_000;
    known = new LogoutCache();
    const options = { maxSessionAgeMs: 10_000 } as ResolvedSessions & ResolvedLogouts;
    const clock = { now: () => now };
    connections = new OpenConnections(
      known,
      new SessionValidator(known, options, options, new Counters(), clock, NO_AUDIT),
      loggedEvents(),
    );
  });
  afterEach(() => {
    connections.onApplicationShutdown();
    jest.useRealTimers();
  });

  const kindOf = (name: string, broken?: 'notify' | 'close') =>
    ({
      isOpen: ({ isOpen }) => isOpen,
      notify: ({ id }) => {
        if (broken === 'notify') throw new Error('a socket that cannot be written');
        log.push(`${name} ${String(id)} notified`);
      },
      close: ({ id }, reason) => {
        if (broken === 'close') throw new Error('a listener of the application');
        log.push(`${name} ${String(id)} closed, ${reason}`);
      },
    }) satisfies ConnectionKind<Connection>;
  const open = (kind: ConnectionKind<Connection>, id: number) => {
    const connection = { id, isOpen: true };
    connections.add(kind, connection, [{ userId: id, signedInAt: 1_000 }]);
    return connection;
  };
  const logOut = (id: number) => {
    known.learn({ userId: String(id), loggedOutAt: 2_000 }, 'store');
  };

  it('are all ended by one logout, and those of other users stay', async () => {
    const [push, chat] = [kindOf('push'), kindOf('chat')];
    for (const kind of [push, chat]) for (const id of [1, 2]) open(kind, id);
    const stream = Object.assign(new EventEmitter(), { destroy: jest.fn() });
    connections.watch(stream, [{ userId: 1, signedInAt: 1_000 }]);
    logOut(1);
    await turn();
    expect(log).toEqual([
      'push 1 notified',
      'chat 1 notified',
      'push 1 closed, logged-out',
      'chat 1 closed, logged-out',
    ]);
    expect(stream.destroy).toHaveBeenCalledTimes(1);
    expect([connections.ofUser(push, '1'), connections.ofUser(push, '2')]).toEqual([
      [],
      [{ id: 2, isOpen: true }],
    ]);
  });

  it('share one subscription, which ends with the application', () => {
    for (const name of ['push', 'chat', 'more']) open(kindOf(name), 1);
    const subscribed = jest.spyOn(known.logouts$, 'subscribe');
    open(kindOf('late'), 1);
    expect(subscribed).not.toHaveBeenCalled();
    connections.onApplicationShutdown();
    logOut(1);
    expect(log).toEqual([]);
  });

  it.each(['notify', 'close'] as const)('do not depend on one whose %s fails', async (broken) => {
    open(kindOf('broken', broken), 1);
    open(kindOf('push'), 1);
    logOut(1);
    await turn();
    expect(log).toEqual(expect.arrayContaining(['push 1 notified', 'push 1 closed, logged-out']));
    expect(log).toContain(broken === 'notify' ? 'broken 1 closed, logged-out' : 'broken 1 notified');
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('[MEVETO_CONNECTION_NOT_ENDED]'), 'MevetoLogout'],
    ]);
  });

  it('that fail cost ten lines a minute and one for the rest', () => {
    jest.useFakeTimers();
    const kind = kindOf('broken', 'notify');
    for (let user = 1; user <= 25; user += 1) {
      known.remember({ userId: String(user), loggedOutAt: 2_000 });
      const connection = open(kind, user);
      connections.endIfOver(kind, connection);
    }
    expect(warn).toHaveBeenCalledTimes(10);
    jest.advanceTimersByTime(60_000);
    expect(warn.mock.calls.slice(10)).toEqual([
      [
        '[MEVETO_CONNECTION_NOT_ENDED] 15 more browsers could not be notified of a logout in the last minute.',
        'MevetoLogout',
      ],
    ]);
  });

  it('are swept together: sessions that are too old end, and closed connections are released', () => {
    jest.useFakeTimers();
    const kind = kindOf('push');
    const [, closed] = [open(kind, 1), open(kind, 2)];
    closed.isOpen = false;
    now = 12_000;
    jest.advanceTimersByTime(5_000);
    expect(log).toEqual(['push 1 notified']);
    jest.advanceTimersByTime(1);
    expect(log).toEqual(['push 1 notified', 'push 1 closed, expired']);
    expect([1, 2].map((id) => connections.ofUser(kind, String(id)))).toEqual([[], []]);
  });
});
