import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { OpenStreams } from './open-streams.js';
import { SessionJudge } from './session-judge.js';

class FakeSocket extends EventEmitter {
  readonly close = jest.fn();
}
class BareSocket extends EventEmitter {
  readonly destroy = jest.fn();
}

describe('the socket of a subscription', () => {
  let known: KnownLogouts;
  let subscriptions: OpenStreams;
  let socket: FakeSocket;
  const logOut = (userId: string, loggedOutAt: number) => {
    known.learn({ userId, loggedOutAt }, 'store');
  };
  beforeEach(() => {
    known = new KnownLogouts();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedOptions;
    const judge = new SessionJudge(known, options, new Counters(), { now: () => 5_000 });
    subscriptions = new OpenStreams(known, judge);
    socket = new FakeSocket();
  });

  it('is closed when its session is over, so that its client stays away', () => {
    subscriptions.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('7', 1_000);
    expect(socket.close.mock.calls).toEqual([[4403, 'logged-out']]);
  });

  it('stays open for somebody else’s logout, and for one before its session', () => {
    subscriptions.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('8', 2_000);
    logOut('7', 999);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('is closed for any of its sessions', () => {
    subscriptions.watch(socket, [
      { userId: 7, signedInAt: 1_000 },
      { userId: 8, signedInAt: 1_000 },
    ]);
    logOut('8', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  it('is watched once, however many subscriptions it has, and let go when it closes', () => {
    for (let i = 0; i < 20; i += 1) subscriptions.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(1);
    socket.emit('close');
    logOut('7', 2_000);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('that is nobody’s is not watched, and neither is what cannot be closed', () => {
    subscriptions.watch(socket, []);
    subscriptions.watch({}, [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(0);
    expect(() => logOut('7', 2_000)).not.toThrow();
  });

  it('of the operating system’s is destroyed', () => {
    const bare = new BareSocket();
    subscriptions.watch(bare, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('7', 2_000);
    expect(bare.destroy).toHaveBeenCalledTimes(1);
  });
});
