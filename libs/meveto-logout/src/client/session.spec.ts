import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../../../test/support/fake-page.js';
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
  ])('is over by an event of %d ms, %s, if it began at 1000', async (at, reason) => {
    await open();
    await eventAt(at, reason);
    expect(left()).toEqual([LOGIN]);
  });

  it.each(['logged-out', 'expired'])(
    'is not over by an event of %s from before it began, which came late; the server is asked, and believed',
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
    'is over by a check that is answered %s',
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
    ['a 401 of another’s', [401, { message: 'Unauthorized' }]],
    ['a 403', [403, { reason: 'logged-out' }]],
    ['a 404', [404, { statusCode: 404 }]],
  ] as const)('is not over by %s: the page stays as it is', async (_what, answer) => {
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

  it('is the same one while the server’s keys are changed: one name in common is enough', async () => {
    await open();
    for (const session of ['alice-anew|alice', 'alice', 'alice-anew|alice', 'alice-anew']) {
      page.answer(200, { ...LIVE, session });
      page.happens('visibilitychange');
      await wait(10_000);
      expect(page.fetch).toHaveBeenCalled();
      page.fetch.mockClear();
    }
    expect(left()).toEqual([]);
    page.answer(200, { ...LIVE, session: 'bob-anew|bob' });
    page.happens('visibilitychange');
    await wait(10_000);
    expect(left()).toEqual(['https://app.example/inbox?x=1']);
  });

  it('of another user in this browser means to load the page again, by GET and without its fragment', async () => {
    const beforeLeave = jest.fn();
    await open({ beforeLeave });
    page.answer(200, { ...LIVE, session: 'bob', signedInAt: 2_000 });
    page.happens('visibilitychange');
    await wait(10_000);
    expect(left()).toEqual(['https://app.example/inbox?x=1']);
    expect(page.cover).toBe('Your session has ended');
    expect(beforeLeave).toHaveBeenCalledWith({ reason: 'other-user' });
  });

  it('goes on when the same user has logged in anew, and counts from then', async () => {
    await open();
    page.answer(200, { ...LIVE, signedInAt: 2_000 });
    page.happens('visibilitychange');
    await wait(10_000);
    await eventAt(1_999);
    expect(left()).toEqual([]);
    await eventAt(2_000);
    expect(left()).toEqual([LOGIN]);
  });

  describe('and other tabs', () => {
    const message = { reason: 'logged-out', redirectTo: '/bye' };

    it('are told when it is over', async () => {
      await open();
      await eventAt(1_000);
      expect(page.told).toEqual([
        { message: expect.objectContaining({ reason: 'logged-out' }), session: 'alice', signedInAt: 1_000 },
      ]);
      expect(page.channels.size).toBe(0);
    });

    it('end it, if theirs was the same', async () => {
      await open();
      page.hears({ message, session: 'alice', signedInAt: 1_000 });
      await wait();
      expect(left()).toEqual(['https://app.example/bye']);
    });

    it('end it, if theirs was the same by another key', async () => {
      await open();
      page.hears({ message, session: 'alice-anew|alice', signedInAt: 1_000 });
      await wait();
      expect(left()).toEqual(['https://app.example/bye']);
    });

    it.each([
      ['another user’s', { session: 'bob', signedInAt: 5_000 }],
      ['an older one', { session: 'alice', signedInAt: 999 }],
      ['one that is not known', { session: undefined, signedInAt: -Infinity }],
    ])('do not, if theirs was %s: the server is asked', async (_whose, whose) => {
      await open();
      page.fetch.mockClear();
      page.hears({ message, ...whose });
      await wait();
      expect(left()).toEqual([]);
      expect(page.fetch).toHaveBeenCalledTimes(1);
      page.answer(401, { reason: 'logged-out' });
      page.hears({ message, ...whose });
      await wait();
      expect(left()).toEqual([LOGIN]);
    });

    it('hear by storage where there is no BroadcastChannel', async () => {
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

  describe('and answers to other requests', () => {
    it.each(['logged-out', 'expired', 'not-logged-in'])('end it by 401 and %s', async (reason) => {
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
    ])('do not end it by %d %j', async (status, body) => {
      const client = await open();
      expect(client.answered(status, body)).toBe(false);
      await wait();
      expect(left()).toEqual([]);
    });

    it('are watched also by a fetch that takes the place of the page’s own', async () => {
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

    it('are watched by a fetch that passes them on whole', async () => {
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
