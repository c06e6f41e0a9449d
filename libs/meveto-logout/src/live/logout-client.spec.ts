import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connectMevetoLogout, type LogoutClientOptions } from '../client/logout-client.js';

declare global {
  /** A page's, which Node does not have. */
  var location: { readonly origin: string; replace(url: string): void };
}

class FakeSocket {
  readonly #listeners = new Map<string, (argument: never) => void>();
  /** As Socket.IO's own once the server has refused or hung up. */
  active = false;
  readonly disconnect = jest.fn();
  readonly connect = jest.fn();

  on(event: string, listener: (argument: never) => void): this {
    this.#listeners.set(event, listener);
    return this;
  }

  receive(event: string, argument?: unknown): void {
    this.#listeners.get(event)?.(argument as never);
  }
}

describe('the client in the browser', () => {
  const replace = jest.fn<(url: string) => void>();
  let socket: FakeSocket;
  let io: jest.Mock<(url: string, options: Record<string, unknown>) => FakeSocket>;
  let states: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    replace.mockReset();
    socket = new FakeSocket();
    io = jest.fn(() => socket);
    states = [];
    globalThis.location = { origin: 'https://app.example', replace };
  });
  afterEach(() => {
    jest.useRealTimers();
    Reflect.deleteProperty(globalThis, 'location');
  });
  const connect = (options: Partial<LogoutClientOptions> = {}) =>
    connectMevetoLogout({ io, onStateChange: (state) => states.push(state), ...options });
  const loggedOut = (redirectTo: unknown = '/login') => {
    socket.receive('logged-out', {
      loggedOutAt: '2026-01-01T00:00:00.000Z',
      redirectTo,
      reason: 'logged-out',
    });
  };

  it('connects to the module’s namespace, of the page’s server by default', () => {
    connect();
    connect({ url: 'https://api.example' });
    expect(io.mock.calls.map(([url]) => url)).toEqual([
      '/meveto-logout',
      'https://api.example/meveto-logout',
    ]);
    expect(io.mock.calls[0]?.[1]).toEqual({});
  });

  it('asks for the access token at every connection', () => {
    let count = 0;
    connect({ token: () => `token-${String((count += 1))}` });
    const auth = io.mock.calls[0]?.[1]['auth'] as (give: (auth: object) => void) => void;
    const given: object[] = [];
    auth((each) => given.push(each));
    auth((each) => given.push(each));
    expect(given).toEqual([{ token: 'token-1' }, { token: 'token-2' }]);
  });

  it('leaves the page once when it is told of the logout', () => {
    const onLoggedOut = jest.fn();
    connect({ onLoggedOut });
    socket.receive('connect');
    loggedOut('/login?why=meveto#top');
    loggedOut('/again');
    socket.receive('disconnect', 'io server disconnect');
    expect(replace.mock.calls).toEqual([['/login?why=meveto#top']]);
    expect(onLoggedOut).toHaveBeenCalledTimes(1);
    expect(onLoggedOut).toHaveBeenCalledWith(expect.objectContaining({ reason: 'logged-out' }));
    expect(states).toEqual(['connecting', 'connected', 'logged-out']);
    expect(socket.disconnect).toHaveBeenCalled();
  });

  it('leaves the page when the server knows no session', () => {
    connect({ redirectTo: '/welcome' });
    socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    expect(replace.mock.calls).toEqual([['/welcome']]);
  });

  it('goes to /login when nothing else is said', () => {
    connect();
    socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    expect(replace.mock.calls).toEqual([['/login']]);
  });

  it.each([
    {},
    { data: undefined },
    { data: {} },
    { data: { code: 'unavailable' } },
    { data: { code: 'foreign-origin' } },
  ])('stays on the page for any other trouble: %j', (error) => {
    connect();
    socket.receive('connect_error', error);
    expect(replace).not.toHaveBeenCalled();
    expect(states).toEqual(['connecting', 'offline']);
  });

  it('stays on the page when the connection is lost, and goes on when it is back', () => {
    connect();
    socket.receive('connect');
    socket.receive('disconnect', 'transport close');
    socket.receive('connect');
    expect(replace).not.toHaveBeenCalled();
    expect(states).toEqual(['connecting', 'connected', 'offline', 'connected']);
  });

  // Socket.IO gives up after a refusal by the server: only connect() tries again.
  it('tries again by itself when the server could not tell', async () => {
    connect();
    socket.receive('connect_error', { data: { code: 'unavailable' } });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(socket.connect).toHaveBeenCalled();
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
  ])('does not go to %s', (redirectTo) => {
    connect({ redirectTo: '/welcome' });
    loggedOut(redirectTo);
    expect(replace.mock.calls).toEqual([['/welcome']]);
  });

  it.each(['http://[', '//[', 7, null])(
    'leaves the page even if the server names no address: %j',
    (redirectTo) => {
      connect({ redirectTo: '/welcome' });
      try {
        loggedOut(redirectTo);
      } catch {
        // What counts is that the page was left.
      }
      expect(replace).toHaveBeenCalledTimes(1);
      expect(replace.mock.calls[0]?.[0]).toMatch(/^\//);
    },
  );

  it.each(['onLoggedOut', 'onStateChange'])('leaves the page even if %s fails', (hook) => {
    connect();
    connect({
      [hook]: (argument: unknown) => {
        if (argument === 'logged-out' || typeof argument === 'object') throw new Error('of the page');
      },
    });
    try {
      loggedOut();
    } catch {
      // What counts is that the page was left.
    }
    expect(replace.mock.calls).toEqual([['/login']]);
  });

  it('closes the connection and does nothing more when it is stopped', () => {
    const client = connect();
    socket.receive('connect');
    client.stop();
    client.stop();
    loggedOut();
    socket.receive('disconnect', 'io client disconnect');
    socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    expect(socket.disconnect).toHaveBeenCalled();
    expect(replace).not.toHaveBeenCalled();
    expect(states).toEqual(['connecting', 'connected']);
  });
});
