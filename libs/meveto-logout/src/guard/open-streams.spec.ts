import { EventEmitter } from 'node:events';
import { connect, constants, createServer, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { OpenStreams } from './open-streams.js';
import { SessionJudge } from './session-judge.js';

const soon = () => new Promise((resolve) => setTimeout(resolve, 2));

class FakeSocket extends EventEmitter {
  readonly close = jest.fn();
}
class BareSocket extends EventEmitter {
  readonly destroy = jest.fn();
}

describe('the socket of a subscription', () => {
  let known: KnownLogouts;
  let streams: OpenStreams;
  let socket: FakeSocket;
  const logOut = (userId: string, loggedOutAt: number) => {
    known.learn({ userId, loggedOutAt }, 'store');
  };
  beforeEach(() => {
    known = new KnownLogouts();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedOptions;
    const judge = new SessionJudge(known, options, new Counters(), { now: () => 5_000 });
    streams = new OpenStreams(known, judge);
    socket = new FakeSocket();
  });

  it('is closed when its session is over, so that its client stays away', () => {
    streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('7', 1_000);
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
  });

  it('stays open for somebody else’s logout, and for one before its session', () => {
    streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('8', 2_000);
    logOut('7', 999);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('is closed for any of its sessions', () => {
    streams.watch(socket, [
      { userId: 7, signedInAt: 1_000 },
      { userId: 8, signedInAt: 1_000 },
    ]);
    logOut('8', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  it('is watched once, however many streams it has, and let go when it closes', () => {
    for (let i = 0; i < 20; i += 1) streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(1);
    socket.emit('close');
    logOut('7', 2_000);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('that is nobody’s is not watched, and neither is what cannot be closed', () => {
    streams.watch(socket, []);
    streams.watch({}, [{ userId: 7, signedInAt: 1_000 }]);
    const bare = new EventEmitter();
    streams.watch(bare, [{ userId: 7, signedInAt: 1_000 }]);
    streams.watch({ close: socket.close }, [{ userId: 7, signedInAt: 1_000 }]);
    expect(bare.listenerCount('close')).toBe(0);
    expect(socket.listenerCount('close')).toBe(0);
    expect(() => logOut('7', 2_000)).not.toThrow();
  });

  it('of the operating system’s is destroyed', () => {
    const bare = new BareSocket();
    streams.watch(bare, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('7', 2_000);
    expect(bare.destroy).toHaveBeenCalledTimes(1);
  });

  it('is closed for sessions that were found later, too', () => {
    streams.watch(socket, [{ userId: 8, signedInAt: 1_000 }]);
    streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(1);
    logOut('7', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
    logOut('8', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  it.each(['destroyed', 'closed'])('that is %s before it is watched is not kept', (state) => {
    streams.watch(Object.assign(socket, { [state]: true }), [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(0);
    logOut('7', 2_000);
    expect(socket.close).not.toHaveBeenCalled();
  });
});

describe('the socket of a gateway', () => {
  let known: KnownLogouts;
  let streams: OpenStreams;
  let socket: FakeSocket;
  const logOut = (userId: string) => known.learn({ userId, loggedOutAt: 2_000 }, 'store');
  beforeEach(() => {
    known = new KnownLogouts();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedOptions;
    streams = new OpenStreams(known, new SessionJudge(known, options, new Counters(), { now: () => 5_000 }));
    socket = new FakeSocket();
  });

  it('is closed as unauthorized when the session of its latest message is over, and for no earlier one', () => {
    streams.watchSocket(socket, [{ userId: 7, signedInAt: 1_000 }]);
    streams.watchSocket(socket, [{ userId: 8, signedInAt: 1_000 }]);
    logOut('7');
    expect(socket.close).not.toHaveBeenCalled();
    logOut('8');
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(socket.listenerCount('close')).toBe(1);
  });

  it('stays watched beside messages that are nobody’s, and is listened to once, however often it changes', () => {
    for (let times = 0; times < 20; times += 1) {
      streams.watchSocket(socket, [{ userId: 7 + (times % 2), signedInAt: 1_000 }]);
      streams.watchSocket(socket, []);
    }
    logOut('7');
    expect(socket.close).not.toHaveBeenCalled();
    expect(socket.listenerCount('close')).toBe(1);
    logOut('8');
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  it('is let go when it closes', () => {
    streams.watchSocket(socket, [{ userId: 7, signedInAt: 1_000 }]);
    socket.emit('close');
    logOut('7');
    expect(socket.close).not.toHaveBeenCalled();
  });

  it.each([{ readyState: 3 }, { destroyed: true }])('is not kept when it has closed: %j', (facts) => {
    streams.watchSocket(Object.assign(socket, facts), [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(0);
  });

  it('may be one that cannot be watched', () => {
    expect(() => streams.watchSocket({}, [{ userId: 7, signedInAt: 1_000 }])).not.toThrow();
    expect(() => logOut('7')).not.toThrow();
  });
});

describe('a stream whose session ends by its age', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is closed within five seconds, and not before', () => {
    const known = new KnownLogouts();
    const options = { maxSessionAgeMs: 10_000 } as ResolvedOptions;
    let now = 5_000;
    const streams = new OpenStreams(
      known,
      new SessionJudge(known, options, new Counters(), { now: () => now }),
    );
    const old = new FakeSocket();
    const young = new FakeSocket();
    streams.watch(old, [{ userId: 7, signedInAt: 1_000 }]);
    streams.watch(young, [{ userId: 8, signedInAt: 4_000 }]);
    now = 10_500;
    jest.advanceTimersByTime(5_000);
    expect(old.close).not.toHaveBeenCalled();
    now = 12_000;
    jest.advanceTimersByTime(5_000);
    expect(old.close).toHaveBeenCalledTimes(1);
    expect(young.close).not.toHaveBeenCalled();
    jest.advanceTimersByTime(5_000);
    expect(old.close).toHaveBeenCalledTimes(1);
    streams.onApplicationShutdown();
    now = 20_000;
    jest.advanceTimersByTime(10_000);
    expect(young.close).not.toHaveBeenCalled();
  });
});

describe('an HTTP response whose turn on its connection has not come', () => {
  class QueuedResponse extends BareSocket {
    socket: object | null = null;
    begin(): void {
      this.socket = {};
      this.emit('socket');
    }
  }
  const known = new KnownLogouts();
  const options = { maxSessionAgeMs: 1_000_000 } as ResolvedOptions;
  const streams = new OpenStreams(
    known,
    new SessionJudge(known, options, new Counters(), { now: () => 5_000 }),
  );

  it('is watched from then on', () => {
    const response = new QueuedResponse();
    streams.watch(response, [{ userId: 7, signedInAt: 3_000 }]);
    expect(response.listenerCount('close')).toBe(0);
    response.begin();
    expect(response.listenerCount('close')).toBe(1);
    known.learn({ userId: '7', loggedOutAt: 3_000 }, 'store');
    expect(response.destroy).toHaveBeenCalledTimes(1);
  });

  it('is closed then if the logout came first', () => {
    const response = new QueuedResponse();
    streams.watch(response, [{ userId: 9, signedInAt: 3_000 }]);
    known.learn({ userId: '9', loggedOutAt: 4_000 }, 'store');
    expect(response.destroy).not.toHaveBeenCalled();
    response.begin();
    expect(response.destroy).toHaveBeenCalledTimes(1);
  });
});

describe('the answer of a stream over HTTP/2', () => {
  it('is cut off when its session is over, and is not kept when it had gone before it was watched', async () => {
    const known = new KnownLogouts();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedOptions;
    const streams = new OpenStreams(
      known,
      new SessionJudge(known, options, new Counters(), { now: () => 5_000 }),
    );
    const responses: Http2ServerResponse[] = [];
    const server = createServer((_request, response) => responses.push(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    try {
      const asked = [client.request(), client.request()];
      for (const request of asked) request.on('error', () => undefined).end();
      while (responses.length < 2) await soon();
      const [open, gone] = responses as [Http2ServerResponse, Http2ServerResponse];
      const hasGone = new Promise((resolve) => gone.once('close', resolve));
      asked[1]?.close(constants.NGHTTP2_CANCEL);
      await hasGone;
      const destroyed = [open, gone].map((response) => jest.spyOn(response, 'destroy'));
      for (const response of responses) streams.watch(response, [{ userId: 7, signedInAt: 1_000 }]);
      const hasEnded = new Promise((resolve) => asked[0]?.once('close', resolve));
      known.learn({ userId: '7', loggedOutAt: 2_000 }, 'store');
      await hasEnded;
      expect(destroyed.map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    } finally {
      client.destroy();
      server.close();
    }
  });
});
