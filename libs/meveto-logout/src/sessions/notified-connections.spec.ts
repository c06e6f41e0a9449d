import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import { toldBy } from '../../spec-support/told-events.js';
import { until } from '../../spec-support/until.js';
import { Counters } from '../core/counters.js';
import { MevetoEvents } from '../core/meveto-events.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import type { ResolvedLogouts } from '../logouts/options.js';
import { OpenConnections } from './open-connections.js';
import type { ResolvedSessions } from './options.js';
import { SessionValidator } from './session-validator.js';

class FakeSocket extends EventEmitter {
  close(): void {
    this.emit('close');
  }
}

describe('the event of notified connections', () => {
  const events = new MevetoEvents();
  const told = toldBy(events);
  const known = new LogoutCache();
  const options = { maxSessionAgeMs: 1_000_000 } as ResolvedSessions & ResolvedLogouts;
  const streams = new OpenConnections(
    known,
    new SessionValidator(known, options, options, new Counters(), { now: () => 5_000 }, NO_AUDIT),
    events,
  );
  const open = (userId: string, count: number): void => {
    for (let index = 0; index < count; index += 1)
      streams.watch(new FakeSocket(), [{ userId, signedInAt: 1_000 }]);
  };

  it('is emitted once for each logout, when the last connection has been notified', async () => {
    // More than one turn of the event loop takes.
    open('7', 2_500);
    const before = performance.now();
    known.learn({ userId: '7', loggedOutAt: 2_000 }, 'store');
    expect(told).toEqual([]);
    await until('the event', () => told.length > 0);
    const event = { code: 'MEVETO_CONNECTIONS_NOTIFIED', userId: '7', count: 2_500 };
    expect(told).toMatchObject([{ ...event, sinceKnownMs: expect.any(Number) }]);
    const { sinceKnownMs } = told[0] as unknown as { sinceKnownMs: number };
    expect(sinceKnownMs).toBeGreaterThan(0);
    expect(sinceKnownMs).toBeLessThanOrEqual(performance.now() - before);
  });

  it('is not emitted for a user without connections whose sessions are over', async () => {
    told.length = 0;
    open('8', 1);
    known.learn({ userId: '8', loggedOutAt: 999 }, 'store');
    known.learn({ userId: '9', loggedOutAt: 2_000 }, 'store');
    open('10', 1);
    known.learn({ userId: '10', loggedOutAt: 2_000 }, 'store');
    await until('the event of another user', () => told.length > 0);
    expect(told).toMatchObject([{ userId: '10', count: 1 }]);
  });
});
