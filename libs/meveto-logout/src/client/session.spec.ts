import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../spec-support/fake-page.js';
import { connectMevetoLogout, type LogoutClientOptions, watchFetch } from './index.js';

const LIVE = { state: 'live', session: 'alice', signedInAt: 1_000 };
const LOGIN = 'https://app.example/login';

describe('the session of a page', () => {
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
  /** Connected, and checked once. */
  const open = async (options: Partial<LogoutClientOptions> = {}) => {
    const client = connectMevetoLogout({ io: page.io, ...options });
    page.socket.receive('connect');
    await wait(1_000);
    return client;
  };
  const left = () => page.replace.mock.calls.map(([url]) => url);
  const eventAt = async (at: number, reason = 'logged-out') => {
    const loggedOutAt = new Date(at).toISOString();
    page.socket.receive('logged-out', { loggedOutAt, redirectTo: '/login', reason });
    await wait();
  };

  it.each([
    [1_000, 'logged-out'],
    [1_001, 'logged-out'],
    [1_000, 'expired'],
  ])('ends by an event of %d ms, %s, if it began at 1000', async (at, reason) => {
    await open();
    await eventAt(at, reason);
    expect(left()).toEqual([LOGIN]);
  });

  it.each(['logged-out', 'expired'])(
    'does not end by a late event of %s from before it began; the server’s answer decides',
    async (reason) => {
      await open();
      page.fetch.mockClear();
      await eventAt(999, reason);
      expect(left()).toEqual([]);
      expect(page.cover).toBeUndefined();
      expect(page.fetch).toHaveBeenCalledTimes(1);
      page.answer(401, { statusCode: 401, reason });
      await eventAt(999, reason);
      expect(left()).toEqual([LOGIN]);
    },
  );

  it.each(['logged-out', 'expired', 'not-logged-in'])(
    'ends by a check that is answered %s',
    async (reason) => {
      await open();
      page.answer(401, { statusCode: 401, reason });
      page.happens('visibilitychange');
      await wait(10_000);
      expect(left()).toEqual([LOGIN]);
    },
  );

  it.each([
    ['a failing network', undefined],
    ['an answer that is not JSON', [200, undefined]],
    ['a server in trouble', [503, { reason: 'logout-state-unknown' }]],
    ['a gateway in trouble', [502, LIVE]],
    ['a 401 of other code', [401, { message: 'Unauthorized' }]],
    ['a 403', [403, { reason: 'logged-out' }]],
    ['a 404', [404, { statusCode: 404 }]],
  ] as const)('does not end by %s, and the page stays unchanged', async (_what, answer) => {
    await open();
    if (answer === undefined) page.fail();
    else if (answer[1] === undefined) {
      page.fetch.mockImplementation(() =>
        Promise.resolve({ status: 200, json: () => Promise.reject(new SyntaxError('<')) }),
      );
    } else page.answer(answer[0], answer[1]);
    for (let i = 0; i < 20; i += 1) {
      page.happens('online');
      await wait(30_000);
    }
    expect(page.fetch.mock.calls.length).toBeGreaterThan(3);
    expect(left()).toEqual([]);
    expect(page.cover).toBeUndefined();
  });

  it('stays the same while the server’s keys change: one common name is enough', async () => {
    await open();
    for (const session of ['alice-renewed|alice', 'alice', 'alice-renewed|alice', 'alice-renewed']) {
      page.answer(200, { ...LIVE, session });
      page.happens('visibilitychange');
      await wait(10_000);
      expect(page.fetch).toHaveBeenCalled();
      page.fetch.mockClear();
    }
    expect(left()).toEqual([]);
    page.answer(200, { ...LIVE, session: 'bob-renewed|bob' });
    page.happens('visibilitychange');
    await wait(10_000);
    expect(left()).toEqual(['https://app.example/inbox?x=1']);
  });

  it('loads the page again, by GET and without its fragment, when another user has logged in', async () => {
    const beforeLeave = jest.fn();
    await open({ beforeLeave });
    page.answer(200, { ...LIVE, session: 'bob', signedInAt: 2_000 });
    page.happens('visibilitychange');
    await wait(10_000);
    expect(left()).toEqual(['https://app.example/inbox?x=1']);
    expect(page.cover).toBe('Your session has ended');
    expect(beforeLeave).toHaveBeenCalledWith({ reason: 'other-user' });
  });

  it('continues when the same user logs in again, with the new start', async () => {
    await open();
    page.answer(200, { ...LIVE, signedInAt: 2_000 });
    page.happens('visibilitychange');
    await wait(10_000);
    await eventAt(1_999);
    expect(left()).toEqual([]);
    await eventAt(2_000);
    expect(left()).toEqual([LOGIN]);
  });

  describe('with other tabs', () => {
    const message = { reason: 'logged-out', redirectTo: '/bye' };

    it('notifies them when it ends', async () => {
      await open();
      await eventAt(1_000);
      expect(page.sent).toEqual([
        { message: expect.objectContaining({ reason: 'logged-out' }), session: 'alice', signedInAt: 1_000 },
      ]);
      expect(page.channels.size).toBe(0);
    });

    it('ends when they report the same session', async () => {
      await open();
      page.receives({ message, session: 'alice', signedInAt: 1_000 });
      await wait();
      expect(left()).toEqual(['https://app.example/bye']);
    });

    it('ends when they report the same session by a name of another key', async () => {
      await open();
      page.receives({ message, session: 'alice-renewed|alice', signedInAt: 1_000 });
      await wait();
      expect(left()).toEqual(['https://app.example/bye']);
    });

    it.each([
      ['the session of another user', { session: 'bob', signedInAt: 5_000 }],
      ['an older session', { session: 'alice', signedInAt: 999 }],
      ['an unknown session', { session: undefined, signedInAt: -Infinity }],
    ])('asks the server when they report %s', async (_whose, whose) => {
      await open();
      page.fetch.mockClear();
      page.receives({ message, ...whose });
      await wait();
      expect(left()).toEqual([]);
      expect(page.fetch).toHaveBeenCalledTimes(1);
      page.answer(401, { reason: 'logged-out' });
      page.receives({ message, ...whose });
      await wait();
      expect(left()).toEqual([LOGIN]);
    });

    it('uses the storage event where there is no BroadcastChannel', async () => {
      page.close();
      page = new FakePage({ broadcastChannel: false });
      await open();
      page.happens('storage', { key: 'something-else', newValue: 'x' });
      page.happens('storage', { key: 'meveto-logout', newValue: null });
      await wait();
      expect(left()).toEqual([]);
      const newValue = JSON.stringify({ message, session: 'alice', signedInAt: 1_000 });
      page.happens('storage', { key: 'meveto-logout', newValue });
      await wait();
      expect(left()).toEqual(['https://app.example/bye']);
      expect(page.stored).toEqual([['meveto-logout', newValue]]);
    });
  });

  describe('with answers to other requests', () => {
    it.each(['logged-out', 'expired', 'not-logged-in'])('ends by 401 and %s', async (reason) => {
      const client = await open();
      expect(client.answered(401, { reason })).toBe(true);
      await wait();
      expect(left()).toEqual([LOGIN]);
    });

    it.each([
      [401, { reason: 'invalid-token' }],
      [401, '<html>'],
      [401, undefined],
      [401, null],
      [403, { reason: 'logged-out' }],
      [200, { reason: 'logged-out' }],
    ])('does not end by %d %j', async (status, body) => {
      const client = await open();
      expect(client.answered(status, body)).toBe(false);
      await wait();
      expect(left()).toEqual([]);
    });

    it('works with a watching fetch that replaces the page’s own', async () => {
      const watched = watchFetch(await open());
      const own = globalThis.fetch;
      try {
        globalThis.fetch = watched;
        page.fetch.mockResolvedValueOnce(new Response('once'));
        expect(await (await fetch('/api')).text()).toBe('once');
      } finally {
        globalThis.fetch = own;
      }
    });

    it('works with a watching fetch that passes answers on unread', async () => {
      const fetch = watchFetch(await open());
      const answers = [
        new Response('{"ok":true}'),
        new Response('<html>', { status: 401 }),
        new Response('{"reason":"logged-out"}', { status: 401 }),
      ];
      const texts = [];
      const leftAfter: number[] = [];
      for (const answer of answers) {
        page.fetch.mockResolvedValueOnce(answer);
        texts.push(await (await fetch('/api')).text());
        leftAfter.push(left().length);
      }
      await wait();
      expect(leftAfter.slice(0, 2)).toEqual([0, 0]);
      expect(texts).toEqual(['{"ok":true}', '<html>', '{"reason":"logged-out"}']);
      expect(left()).toEqual([LOGIN]);
    });
  });
});
