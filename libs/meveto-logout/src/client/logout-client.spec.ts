import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../spec-support/fake-page.js';
import {
  connectMevetoLogout,
  lastLeave,
  lastLogout,
  type LogoutClientOptions,
  type SocketFactory,
} from './index.js';

const MESSAGE = { loggedOutAt: '2026-01-01T00:00:00.000Z', redirectTo: '/login', reason: 'logged-out' };

describe('leaving a page', () => {
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

  it('leaves once when the server reports the end of the session, and closes the connection', async () => {
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

  it('hides the content, makes it inert at once, and shows why', () => {
    connect();
    page.socket.receive('logged-out', { ...MESSAGE, cause: 'meveto' });
    expect(page.cover).toBe('You logged out from your Meveto dashboard');
    expect(page.root.children.at(-1)?.role).toBe('alert');
  });

  it('shows the application’s text, as plain text', async () => {
    connect({ texts: { 'logged-out': '<b>Sie sind abgemeldet</b>' } });
    await loggedOut();
    expect(page.cover).toBe('<b>Sie sind abgemeldet</b>');
  });

  it.each([
    { reason: 'expired' },
    { reason: 'logged-out' },
    { reason: 'logged-out', cause: 'password-change' },
    { reason: 'logged-out', cause: '<b>meveto</b>' },
  ])('does not name Meveto when the session ended for another reason: %j', async (message) => {
    connect();
    await loggedOut(message);
    expect(page.cover).toBe('Your session has ended');
  });

  it.each([
    ['meveto', 'You logged out from your Meveto dashboard'],
    ['ban', 'Your session has ended'],
    [undefined, 'Your session has ended'],
  ])('shows why when an answer to a request gives the cause: %s', async (cause, text) => {
    const beforeLeave = jest.fn();
    const client = connect({ beforeLeave });
    expect(client.answered(401, { statusCode: 401, reason: 'logged-out', message: 'x', cause })).toBe(true);
    await wait();
    expect(page.cover).toBe(text);
    expect(beforeLeave.mock.calls[0]?.[0]).toMatchObject({ reason: 'logged-out', ...(cause && { cause }) });
    expect(lastLeave()?.cause).toBe(cause);
  });

  it('checks before it leaves when a connection has no session: the connection may be older than the login', async () => {
    connect();
    await wait(1_000);
    const asked = page.fetch.mock.calls.length;
    page.socket.receive('connect_error', { data: { code: 'not-logged-in' } });
    await wait(12_000);
    expect(page.fetch.mock.calls.length).toBeGreaterThan(asked);
    expect(page.replace).not.toHaveBeenCalled();
  });

  it('leaves when the server knows no session and checks are disabled', async () => {
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
  ])('never goes to %s', async (redirectTo) => {
    connect({ redirectTo: '/welcome' });
    await loggedOut({ redirectTo });
    expect(page.replace.mock.calls).toEqual([['/welcome']]);
  });

  it('goes to a URL with its origin: a path alone could name another host', async () => {
    connect();
    await loggedOut({ redirectTo: '/.//evil.example' });
    expect(page.replace.mock.calls).toEqual([['https://app.example//evil.example']]);
  });

  it.each([undefined, null, 7, {}])(
    'leaves even if the server gives %p as the address',
    async (redirectTo) => {
      connect();
      await loggedOut({ redirectTo });
      expect(page.replace).toHaveBeenCalledTimes(1);
      expect(page.replace.mock.calls[0]?.[0]).toMatch(/^(\/|https:\/\/app\.example\/)/);
    },
  );

  it('leaves even if hooks of the page fail', async () => {
    const fail = () => {
      throw new Error('of the page');
    };
    connect({ beforeLeave: fail, onStateChange: fail });
    await loggedOut();
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('gives the hidden page time to keep unsaved work, once', async () => {
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

  it('waits two seconds at most for unsaved work', async () => {
    connect({ beforeLeave: () => new Promise(() => undefined) });
    await loggedOut();
    await wait(1_999);
    expect(page.replace).not.toHaveBeenCalled();
    await wait(1);
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('is not stopped by a beforeunload dialog of the page', async () => {
    const asks = jest.fn();
    connect();
    page.window.addEventListener('beforeunload', asks);
    page.happens('beforeunload');
    expect(asks).toHaveBeenCalledTimes(1);
    await loggedOut();
    page.happens('beforeunload');
    expect(asks).toHaveBeenCalledTimes(1);
  });

  it('hides at once and leaves later when the server asks for a delay', async () => {
    connect();
    await loggedOut({ delayMs: 5_000 });
    expect(page.cover).toBeDefined();
    await wait(4_999);
    expect(page.replace).not.toHaveBeenCalled();
    await wait(1);
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('passes the reason to the login page, once', async () => {
    connect();
    await loggedOut();
    expect(lastLogout()).toBe('logged-out');
    expect(lastLogout()).toBeUndefined();
    expect(lastLeave()).toBeUndefined();
  });

  it('passes the whole message to the login page, once, and nothing if it cannot be parsed', async () => {
    connect();
    await loggedOut({ cause: 'ban' });
    expect(lastLeave()).toMatchObject({ reason: 'logged-out', cause: 'ban' });
    expect(lastLeave()).toBeUndefined();
    sessionStorage.setItem('meveto-logout', 'logged-out');
    expect(lastLeave()).toBeUndefined();
    expect(sessionStorage.getItem('meveto-logout')).toBeNull();
  });

  it('does not leave after stop(), which may be called repeatedly', async () => {
    const client = connect();
    client.stop();
    client.stop();
    await loggedOut();
    page.receives({ message: MESSAGE, session: undefined, signedInAt: 0 });
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

describe('connectMevetoLogout without a document', () => {
  it('does nothing, as in server-side rendering', () => {
    const io = jest.fn<SocketFactory>();
    const client = connectMevetoLogout({ io });
    client.check();
    client.stop();
    expect(client.answered(401, { reason: 'logged-out' })).toBe(false);
    expect(lastLogout()).toBeUndefined();
    expect(io).not.toHaveBeenCalled();
  });
});
