import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../spec-support/fake-page.js';
import { connectMevetoLogout } from './index.js';

let page: FakePage;
beforeEach(() => {
  jest.useFakeTimers();
  page = new FakePage();
});
afterEach(() => {
  page.close();
  jest.useRealTimers();
});
const forceNew = () => page.sockets.map(({ options }) => options['forceNew']);

// One file can test the first connection only once: a stopped connection counts for the whole page.
it('shares the page’s manager with the first connection, and uses a new one after a connection was stopped', async () => {
  connectMevetoLogout({ io: page.io });
  connectMevetoLogout({ io: page.io }).stop();
  expect(forceNew()).toEqual([false, false]);
  connectMevetoLogout({ io: page.io });
  expect(forceNew()).toEqual([false, false, true]);
  await jest.advanceTimersByTimeAsync(1_000);
  page.socket.receive('connect_error', { data: { code: 'not-logged-in' } });
  expect(forceNew()).toEqual([false, false, true, true]);
});

it('replaces a connection whose session ended before the page’s login, once per login', async () => {
  const ended = () => {
    page.socket.receive('logged-out', {
      loggedOutAt: new Date(1_999).toISOString(),
      redirectTo: '/login',
      reason: 'logged-out',
    });
    page.socket.receive('disconnect', 'io server disconnect');
  };
  page.answer(200, { state: 'live', session: 'alice', signedInAt: 2_000 });
  connectMevetoLogout({ io: page.io });
  await jest.advanceTimersByTimeAsync(1_000);
  page.fetch.mockClear();
  ended();
  expect(page.sockets).toHaveLength(2);
  expect(page.socket.options['forceNew']).toBe(true);
  expect(page.fetch).toHaveBeenCalledTimes(1);
  ended();
  await jest.advanceTimersByTimeAsync(60_000);
  ended();
  expect(page.sockets).toHaveLength(2);
  expect(page.replace).not.toHaveBeenCalled();
  expect(page.cover).toBeUndefined();
  page.answer(401, { reason: 'logged-out' });
  ended();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(page.replace).toHaveBeenCalledTimes(1);
});
