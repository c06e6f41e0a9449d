import { EventEmitter } from 'node:events';
import { connect, constants, createServer, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogoutCache } from '../logouts/logout-cache.js';
import { Counters } from '../core/counters.js';
import { OpenConnections } from './open-connections.js';
import { SessionValidator } from './session-validator.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import { letTimePass } from '../../spec-support/until.js';
import type { ResolvedSessions } from './options.js';
import type { ResolvedLogouts } from '../logouts/options.js';

const soon = () => letTimePass(2);

class FakeSocket extends EventEmitter {
  readonly close = jest.fn();
}
class BareSocket extends EventEmitter {
  readonly destroy = jest.fn();
}

describe('the socket of a GraphQL subscription', () => {
  let known: LogoutCache;
  let streams: OpenConnections;
  let socket: FakeSocket;
  const logOut = (userId: string, loggedOutAt: number) => {
    known.learn({ userId, loggedOutAt }, 'store');
  };
  beforeEach(() => {
    known = new LogoutCache();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedSessions & ResolvedLogouts;
    const validator = new SessionValidator(
      known,
      options,
      options,
      new Counters(),
      { now: () => 5_000 },
      NO_AUDIT,
    );
    streams = new OpenConnections(known, validator);
    socket = new FakeSocket();
  });

  it('is closed when its session is over, with a code that stops its client from reconnecting', () => {
    streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('7', 1_000);
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
  });

  it('stays open after another user’s logout, and after a logout before its session', () => {
    streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('8', 2_000);
    logOut('7', 999);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('is closed when any of its sessions is over', () => {
    streams.watch(socket, [
      { userId: 7, signedInAt: 1_000 },
      { userId: 8, signedInAt: 1_000 },
    ]);
    logOut('8', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  it('is watched once for any number of streams, and released when it closes', () => {
    for (let i = 0; i < 20; i += 1) streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(1);
    socket.emit('close');
    logOut('7', 2_000);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('is not watched without a session, or if it cannot be closed', () => {
    streams.watch(socket, []);
    streams.watch({}, [{ userId: 7, signedInAt: 1_000 }]);
    const bare = new EventEmitter();
    streams.watch(bare, [{ userId: 7, signedInAt: 1_000 }]);
    streams.watch({ close: socket.close }, [{ userId: 7, signedInAt: 1_000 }]);
    expect(bare.listenerCount('close')).toBe(0);
    expect(socket.listenerCount('close')).toBe(0);
    expect(() => logOut('7', 2_000)).not.toThrow();
  });

  it('is destroyed if it is a TCP socket', () => {
    const bare = new BareSocket();
    streams.watch(bare, [{ userId: 7, signedInAt: 1_000 }]);
    logOut('7', 2_000);
    expect(bare.destroy).toHaveBeenCalledTimes(1);
  });

  it('is also closed for sessions that are added later', () => {
    streams.watch(socket, [{ userId: 8, signedInAt: 1_000 }]);
    streams.watch(socket, [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(1);
    logOut('7', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
    logOut('8', 2_000);
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  it.each(['destroyed', 'closed'])('is not kept if it is %s before it is watched', (state) => {
    streams.watch(Object.assign(socket, { [state]: true }), [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(0);
    logOut('7', 2_000);
    expect(socket.close).not.toHaveBeenCalled();
  });
});

describe('the socket of a gateway', () => {
  let known: LogoutCache;
  let streams: OpenConnections;
  let socket: FakeSocket;
  const logOut = (userId: string) => known.learn({ userId, loggedOutAt: 2_000 }, 'store');
  beforeEach(() => {
    known = new LogoutCache();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedSessions & ResolvedLogouts;
    streams = new OpenConnections(
      known,
      new SessionValidator(known, options, options, new Counters(), { now: () => 5_000 }, NO_AUDIT),
    );
    socket = new FakeSocket();
  });

  it('is closed as unauthorized only when the session of its latest message is over', () => {
    streams.watchSocket(socket, [{ userId: 7, signedInAt: 1_000 }]);
    streams.watchSocket(socket, [{ userId: 8, signedInAt: 1_000 }]);
    logOut('7');
    expect(socket.close).not.toHaveBeenCalled();
    logOut('8');
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(socket.listenerCount('close')).toBe(1);
  });

  it('stays watched after messages without a session, with one listener', () => {
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

  it('is released when it closes', () => {
    streams.watchSocket(socket, [{ userId: 7, signedInAt: 1_000 }]);
    socket.emit('close');
    logOut('7');
    expect(socket.close).not.toHaveBeenCalled();
  });

  it.each([{ readyState: 3 }, { destroyed: true }])('is not kept if it is already closed: %j', (facts) => {
    streams.watchSocket(Object.assign(socket, facts), [{ userId: 7, signedInAt: 1_000 }]);
    expect(socket.listenerCount('close')).toBe(0);
  });

  it('is ignored if it cannot be watched', () => {
    expect(() => streams.watchSocket({}, [{ userId: 7, signedInAt: 1_000 }])).not.toThrow();
    expect(() => logOut('7')).not.toThrow();
  });
});

describe('a stream whose session becomes too old', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is closed within five seconds, and not before', () => {
    const known = new LogoutCache();
    const options = { maxSessionAgeMs: 10_000 } as ResolvedSessions & ResolvedLogouts;
    let now = 5_000;
    const streams = new OpenConnections(
      known,
      new SessionValidator(known, options, options, new Counters(), { now: () => now }, NO_AUDIT),
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
    expect(old.close.mock.calls).toEqual([[4401, 'expired']]);
    expect(young.close).not.toHaveBeenCalled();
    jest.advanceTimersByTime(5_000);
    expect(old.close).toHaveBeenCalledTimes(1);
    streams.onApplicationShutdown();
    now = 20_000;
    jest.advanceTimersByTime(10_000);
    expect(young.close).not.toHaveBeenCalled();
  });
});

describe('an HTTP response that waits for earlier responses of its connection', () => {
  class QueuedResponse extends BareSocket {
    socket: object | null = null;
    begin(): void {
      this.socket = {};
      this.emit('socket');
    }
  }
  const known = new LogoutCache();
  const options = { maxSessionAgeMs: 1_000_000 } as ResolvedSessions & ResolvedLogouts;
  const streams = new OpenConnections(
    known,
    new SessionValidator(known, options, options, new Counters(), { now: () => 5_000 }, NO_AUDIT),
  );

  it('is watched as soon as it has a socket', () => {
    const response = new QueuedResponse();
    streams.watch(response, [{ userId: 7, signedInAt: 3_000 }]);
    expect(response.listenerCount('close')).toBe(0);
    response.begin();
    expect(response.listenerCount('close')).toBe(1);
    known.learn({ userId: '7', loggedOutAt: 3_000 }, 'store');
    expect(response.destroy).toHaveBeenCalledTimes(1);
  });

  it('is closed as soon as it has a socket if the logout came first', () => {
    const response = new QueuedResponse();
    streams.watch(response, [{ userId: 9, signedInAt: 3_000 }]);
    known.learn({ userId: '9', loggedOutAt: 4_000 }, 'store');
    expect(response.destroy).not.toHaveBeenCalled();
    response.begin();
    expect(response.destroy).toHaveBeenCalledTimes(1);
  });
});

describe('a streamed response over HTTP/2', () => {
  it('is closed when its session is over, and is not kept if it closed before it was watched', async () => {
    const known = new LogoutCache();
    const options = { maxSessionAgeMs: 1_000_000 } as ResolvedSessions & ResolvedLogouts;
    const streams = new OpenConnections(
      known,
      new SessionValidator(known, options, options, new Counters(), { now: () => 5_000 }, NO_AUDIT),
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
