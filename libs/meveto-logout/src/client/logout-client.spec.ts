import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../../../test/support/fake-page.js';
import { connectMevetoLogout, lastLogout, type LogoutClientOptions, type SocketFactory } from './index.js';

const MESSAGE = { loggedOutAt: '2026-01-01T00:00:00.000Z', redirectTo: '/login', reason: 'logged-out' };

describe('a page that is to be left', () => {
  let page: FakePage;
  let states: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    page = new FakePage();
    states = [];
  });
  afterEach(() => {
    page.close();
    jest.useRealTimers();
  });
  const connect = (options: Partial<LogoutClientOptions> = {}) =>
    connectMevetoLogout({ io: page.io, onStateChange: (state) => states.push(state), ...options });
  const wait = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  const loggedOut = async (message: object = {}) => {
    page.socket.receive('logged-out', { ...MESSAGE, ...message });
    await wait();
  };

  it('is left once when the server says so, and the connection is closed', async () => {
    connect();
    page.socket.receive('connect');
    await loggedOut({ redirectTo: '/login?why=meveto#top' });
    await loggedOut({ redirectTo: '/again' });
    page.socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    await wait(120_000);
    expect(page.replace.mock.calls).toEqual([['https://app.example/login?why=meveto#top']]);
    expect(states).toEqual(['connecting', 'connected', 'logged-out']);
    expect(page.socket.disconnect).toHaveBeenCalled();
    expect(page.socket.connect).not.toHaveBeenCalled();
    expect(page.sockets).toHaveLength(1);
  });

  it('is hidden and closed to the keyboard at once, and says why', () => {
    connect();
    page.socket.receive('logged-out', MESSAGE);
    expect(page.cover).toBe('You logged out from your Meveto dashboard');
    expect(page.root.children.at(-1)?.role).toBe('alert');
  });

  it('says it in the application’s words, as text', async () => {
    connect({ texts: { 'logged-out': '<b>Sie sind abgemeldet</b>' } });
    await loggedOut();
    expect(page.cover).toBe('<b>Sie sind abgemeldet</b>');
  });

  it('does not speak of Meveto when the session ended otherwise', async () => {
    connect();
    await loggedOut({ reason: 'expired' });
    expect(page.cover).toBe('Your session has ended');
  });

  it('asks before it is left because a connection has no session: it may be older than the login', async () => {
    connect();
    await wait(1_000);
    const asked = page.fetch.mock.calls.length;
    page.socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    await wait(12_000);
    expect(page.fetch.mock.calls.length).toBeGreaterThan(asked);
    expect(page.replace).not.toHaveBeenCalled();
  });

  it('is left when the server knows no session, and there is no other way to ask', async () => {
    connect({ redirectTo: '/welcome', checkUrl: false });
    page.socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    await wait();
    expect(page.replace.mock.calls).toEqual([['https://app.example/welcome']]);
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://[',
  ])('never leads to %s', async (redirectTo) => {
    connect({ redirectTo: '/welcome' });
    await loggedOut({ redirectTo });
    expect(page.replace.mock.calls).toEqual([['/welcome']]);
  });

  it('leads to a URL with its origin: a path alone could name another host', async () => {
    connect();
    await loggedOut({ redirectTo: '/.//evil.example' });
    expect(page.replace.mock.calls).toEqual([['https://app.example//evil.example']]);
  });

  it.each([undefined, null, 7, {}])('is left even if the server names %p as address', async (redirectTo) => {
    connect();
    await loggedOut({ redirectTo });
    expect(page.replace).toHaveBeenCalledTimes(1);
    expect(page.replace.mock.calls[0]?.[0]).toMatch(/^(\/|https:\/\/app\.example\/)/);
  });

  it('is left even if its own hooks fail', async () => {
    const fail = () => {
      throw new Error('of the page');
    };
    connect({ beforeLeave: fail, onStateChange: fail });
    await loggedOut();
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('gives the page time to keep unsaved work, once, when it is hidden already', async () => {
    let saved: (() => void) | undefined;
    const beforeLeave = jest.fn<NonNullable<LogoutClientOptions['beforeLeave']>>(() => {
      expect(page.cover).toBeDefined();
      return new Promise<void>((resolve) => (saved = resolve));
    });
    connect({ beforeLeave });
    await loggedOut();
    await loggedOut();
    await wait(1_500);
    expect(page.replace).not.toHaveBeenCalled();
    saved?.();
    await wait();
    expect(page.replace).toHaveBeenCalledTimes(1);
    expect(beforeLeave).toHaveBeenCalledTimes(1);
    expect(beforeLeave).toHaveBeenCalledWith(expect.objectContaining({ reason: 'logged-out' }));
  });

  it('waits for unsaved work for two seconds at most', async () => {
    connect({ beforeLeave: () => new Promise(() => undefined) });
    await loggedOut();
    await wait(1_999);
    expect(page.replace).not.toHaveBeenCalled();
    await wait(1);
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('is not kept by a question of its own whether to stay', async () => {
    const asks = jest.fn();
    connect();
    page.window.addEventListener('beforeunload', asks);
    page.happens('beforeunload');
    expect(asks).toHaveBeenCalledTimes(1);
    await loggedOut();
    page.happens('beforeunload');
    expect(asks).toHaveBeenCalledTimes(1);
  });

  it('is hidden at once and left later when the server asks for a pause', async () => {
    connect();
    await loggedOut({ delayMs: 5_000 });
    expect(page.cover).toBeDefined();
    await wait(4_999);
    expect(page.replace).not.toHaveBeenCalled();
    await wait(1);
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('tells the login page why, once', async () => {
    connect();
    await loggedOut();
    expect(lastLogout()).toBe('logged-out');
    expect(lastLogout()).toBeUndefined();
  });

  it('stays when it is stopped, as often as one likes', async () => {
    const client = connect();
    client.stop();
    client.stop();
    await loggedOut();
    page.hears({ message: MESSAGE, session: undefined, signedInAt: 0 });
    page.happens('online');
    client.answered(401, { reason: 'logged-out' });
    await wait(300_000);
    expect(page.replace).not.toHaveBeenCalled();
    expect(page.fetch).not.toHaveBeenCalled();
    expect(page.socket.disconnect).toHaveBeenCalled();
    expect(page.socket.connect).not.toHaveBeenCalled();
    expect(page.channels.size).toBe(0);
    const asks = jest.fn();
    page.window.addEventListener('beforeunload', asks);
    page.happens('beforeunload');
    expect(asks).toHaveBeenCalledTimes(1);
  });
});

describe('where there is no page', () => {
  it('does nothing, as on a server that renders', () => {
    const io = jest.fn<SocketFactory>();
    const client = connectMevetoLogout({ io });
    client.check();
    client.stop();
    expect(client.answered(401, { reason: 'logged-out' })).toBe(false);
    expect(lastLogout()).toBeUndefined();
    expect(io).not.toHaveBeenCalled();
  });
});
