import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../spec-support/fake-page.js';
import { connectMevetoLogout, type LogoutClientOptions } from './index.js';

describe('the session check', () => {
  let page: FakePage;
  beforeEach(() => {
    jest.useFakeTimers();
    page = new FakePage();
  });
  afterEach(() => {
    page.close();
    jest.useRealTimers();
  });
  const wait = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  const connect = (options: Partial<LogoutClientOptions> = {}) =>
    connectMevetoLogout({ io: page.io, ...options });
  const connected = async (options: Partial<LogoutClientOptions> = {}) => {
    const client = connect(options);
    page.socket.receive('connect');
    await wait(20_000);
    page.fetch.mockClear();
    return client;
  };
  const count = () => page.fetch.mock.calls.length;

  it('runs when the page loads, with or without a connection', async () => {
    connect();
    await wait(800);
    expect(count()).toBe(1);
    connectMevetoLogout({});
    await wait(800);
    expect(count()).toBe(2);
  });

  it('asks the module’s route and bypasses caches', async () => {
    connect();
    await wait(800);
    expect(page.fetch).toHaveBeenCalledWith('/meveto/session', {
      cache: 'no-store',
      signal: expect.any(AbortSignal),
    });
  });

  it('asks the API’s origin with the current token', async () => {
    let calls = 0;
    connect({ url: 'https://api.example', token: () => Promise.resolve(`t${String(++calls)}`) });
    await wait(800);
    const [url, init] = page.fetch.mock.calls[0] ?? [];
    expect(url).toBe('https://api.example/meveto/session');
    expect(init?.headers).toEqual({ authorization: 'Bearer t1' });
  });

  it('asks the configured URL, or none at all', async () => {
    connect({ checkUrl: '/api/v1/meveto/session' });
    await wait(800);
    expect(page.fetch.mock.calls.map(([url]) => url)).toEqual(['/api/v1/meveto/session']);
    page.fetch.mockClear();
    const client = connect({ checkUrl: false });
    client.check();
    page.socket.receive('connect');
    await wait(300_000);
    expect(page.fetch.mock.calls.filter(([url]) => url !== '/api/v1/meveto/session')).toEqual([]);
  });

  it.each(['online', 'visibilitychange', 'resume'])('runs on %s', async (type) => {
    await connected();
    page.happens(type);
    await wait(800);
    expect(count()).toBe(1);
  });

  it('runs at every connection and every lost connection', async () => {
    await connected();
    page.socket.receive('disconnect', 'io server disconnect');
    await wait(800);
    expect(count()).toBe(1);
    await wait(20_000);
    page.fetch.mockClear();
    page.socket.receive('connect');
    await wait(800);
    expect(count()).toBe(1);
  });

  it('does not run in a hidden tab', async () => {
    await connected();
    page.document.hidden = true;
    page.happens('visibilitychange');
    page.socket.receive('connect');
    await wait(20_000);
    const after = count();
    page.socket.receive('disconnect', 'transport close');
    await wait(20_000);
    page.fetch.mockClear();
    await wait(600_000);
    expect(after).toBeLessThanOrEqual(1);
    expect(count()).toBe(0);
  });

  it('runs every one to two minutes while the page is visible and the connection is lost', async () => {
    await connected();
    await wait(600_000);
    expect(count()).toBe(0);
    page.socket.receive('disconnect', 'transport close');
    await wait(20_000);
    page.fetch.mockClear();
    await wait(1_200_000);
    expect(count()).toBeGreaterThanOrEqual(10);
    expect(count()).toBeLessThanOrEqual(20);
  });

  it('sends one request at a time, with five seconds between two', async () => {
    await connected();
    let answer: (() => void) | undefined;
    page.fetch.mockImplementation(
      () =>
        new Promise((resolve) => {
          answer = () =>
            resolve({ status: 200, json: () => Promise.resolve({ session: 'alice', signedInAt: 1_000 }) });
        }),
    );
    const startedAt: number[] = [];
    const note = () => {
      if (count() > startedAt.length) startedAt.push(performance.now());
    };
    for (let i = 0; i < 600; i += 1) {
      page.happens('online');
      await wait(50);
      note();
      if (i % 10 === 9) answer?.();
    }
    expect(startedAt.length).toBeGreaterThanOrEqual(3);
    for (const [index, at] of startedAt.slice(1).entries()) {
      expect(at - (startedAt[index] ?? 0)).toBeGreaterThanOrEqual(5_000);
    }
  });

  it('runs as soon as the network is back, regardless of failed attempts before', async () => {
    await connected();
    page.fail();
    page.socket.receive('disconnect', 'transport close');
    await wait(1_000);
    expect(count()).toBe(1);
    page.answer(401, { reason: 'logged-out' });
    page.happens('online');
    await wait(800);
    expect(page.replace).toHaveBeenCalledTimes(1);
  });

  it('continues when a token does not arrive in time', async () => {
    const token = jest.fn<() => Promise<string>>().mockReturnValue(new Promise(() => undefined));
    connect({ token });
    await wait(20_000);
    expect(count()).toBe(0);
    token.mockResolvedValue('t');
    await wait(60_000);
    expect(count()).toBe(1);
  });

  it('aborts after five seconds and retries with growing pauses', async () => {
    await connected();
    const aborted: number[] = [];
    const startedAt: number[] = [];
    page.fetch.mockImplementation((_url, { signal }) => {
      startedAt.push(performance.now());
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborted.push(performance.now());
          reject(new DOMException('aborted', 'AbortError'));
        });
      });
    });
    page.happens('online');
    await wait(600_000);
    expect((aborted[0] ?? 0) - (startedAt[0] ?? 0)).toBe(5_000);
    const pauses = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
    expect(pauses[0]).toBeLessThan(20_000);
    for (const pause of pauses) expect(pause).toBeLessThanOrEqual(125_000);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(60_000);
    expect(page.replace).not.toHaveBeenCalled();
  });

  describe('the session check after a return from the back/forward cache', () => {
    const restored = (persisted = true) => {
      page.happens('pagehide', { persisted });
      page.happens('pageshow', { persisted });
    };

    it('runs at once and hides the page until the answer', async () => {
      await connected();
      restored();
      expect(page.cover).toBe('...');
      await wait();
      expect(count()).toBe(1);
      expect(page.cover).toBeUndefined();
      expect(page.document.body.inert).toBe(false);
      expect(page.replace).not.toHaveBeenCalled();
    });

    it('leaves a page whose session is over', async () => {
      await connected();
      page.answer(401, { reason: 'logged-out', cause: 'meveto' });
      restored();
      await wait();
      expect(page.replace).toHaveBeenCalledWith('https://app.example/login');
      expect(page.cover).toBe('You logged out from your Meveto dashboard');
    });

    it('hides the page while the session state is unknown, and then shows the page unchanged', async () => {
      page.document.body.style.cssText = 'display: grid';
      await connected();
      page.fail();
      restored();
      await wait(60_000);
      expect(page.cover).toBe('...');
      page.answer(200, { session: 'alice', signedInAt: 1_000 });
      page.happens('online');
      await wait(10_000);
      expect(page.cover).toBeUndefined();
      expect(page.document.body.style.cssText).toBe('display: grid');
    });

    it('hides nothing if no check was ever answered', async () => {
      page.answer(404, {});
      await connected();
      restored();
      expect(page.cover).toBeUndefined();
    });

    it('closes the connection that would keep the page out of the cache, and opens a new one', async () => {
      await connected();
      const [first] = page.sockets;
      page.happens('pagehide', { persisted: true });
      expect(first?.disconnect).toHaveBeenCalled();
      expect(page.channels.size).toBe(0);
      await wait(60_000);
      expect(first?.connect).not.toHaveBeenCalled();
      page.happens('pageshow', { persisted: true });
      expect(page.channels.size).toBe(1);
      expect(page.sockets).toHaveLength(2);
      page.socket.receive('logged-out', { reason: 'logged-out', loggedOutAt: '2026-01-01T00:00:00.000Z' });
      await wait();
      expect(page.replace).toHaveBeenCalledTimes(1);
    });

    it('does not run for a page that loads normally', async () => {
      await connected();
      page.happens('pageshow', { persisted: false });
      await wait(800);
      expect(count()).toBe(0);
      expect(page.cover).toBeUndefined();
    });
  });
});
