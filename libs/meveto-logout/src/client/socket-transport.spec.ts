import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../../../test/support/fake-page.js';
import { connectMevetoLogout, type LogoutClientOptions, type TransportListener } from './index.js';

describe('the connection', () => {
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
  const wait = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  const connect = (options: Partial<LogoutClientOptions> = {}) =>
    connectMevetoLogout({ io: page.io, onStateChange: (state) => states.push(state), ...options });

  it('leads to the module’s namespace, of the page’s server by default', () => {
    connect();
    connect({ url: 'https://api.example' });
    expect(page.sockets.map(({ url }) => url)).toEqual([
      '/meveto-logout',
      'https://api.example/meveto-logout',
    ]);
    expect(page.sockets[0]?.options['auth']).toBeUndefined();
  });

  it('asks for the access token every time', async () => {
    let count = 0;
    connect({ token: () => `token-${String((count += 1))}` });
    const auth = page.socket.options['auth'] as (give: (auth: object) => void) => void;
    const given: object[] = [];
    auth((each) => given.push(each));
    auth((each) => given.push(each));
    await wait();
    expect(given).toEqual([{ token: 'token-1' }, { token: 'token-2' }]);
  });

  it('is tried again when no token can be had: that is no logout', async () => {
    connect({ token: () => Promise.reject(new Error('offline')) });
    const give = jest.fn();
    (page.socket.options['auth'] as (give: unknown) => void)(give);
    await wait(30_000);
    expect(give).not.toHaveBeenCalled();
    expect(page.socket.connect).toHaveBeenCalled();
    expect(page.replace).not.toHaveBeenCalled();
  });

  it.each([
    {},
    { data: undefined },
    { data: {} },
    { data: { code: 'unavailable' } },
    { data: { code: 'foreign-origin' } },
  ])('may fail for any reason but a missing session, and the page stays: %j', async (error) => {
    connect();
    page.socket.receive('connect_error', error);
    await wait(60_000);
    expect(page.replace).not.toHaveBeenCalled();
    expect(states).toEqual(['connecting', 'offline']);
  });

  it('is made again after one to thirty seconds, ever more slowly and never at the same moment, until it is up', async () => {
    const pauses: number[][] = [];
    for (const luck of [0, 0.999]) {
      jest.spyOn(Math, 'random').mockReturnValue(luck);
      const client = connect();
      const { socket } = page;
      pauses.push([]);
      for (let i = 0; i < 7; i += 1) {
        const at = performance.now();
        socket.connect.mockImplementationOnce(() =>
          pauses.at(-1)?.push(Math.round((performance.now() - at) / 100) / 10),
        );
        socket.receive('connect_error', { data: { code: 'unavailable' } });
        await wait(31_000);
      }
      client.stop();
    }
    expect(pauses[0]).toEqual([1, 2, 4, 8, 15, 15, 15]);
    expect(pauses[1]).toEqual([2, 4, 8, 16, 30, 30, 30]);
    // Socket.IO's own tries are jittered by half of the pause.
    const { reconnectionDelay, reconnectionDelayMax } = page.socket.options;
    expect([Number(reconnectionDelay) * 0.5, Number(reconnectionDelayMax) * 1.5]).toEqual([1_000, 30_000]);
  });

  it('is left to Socket.IO while that tries by itself', async () => {
    connect();
    page.socket.active = true;
    page.socket.receive('disconnect', 'transport close');
    await wait(60_000);
    expect(page.socket.connect).not.toHaveBeenCalled();
    page.socket.active = false;
    page.socket.receive('disconnect', 'io server disconnect');
    await wait(60_000);
    expect(page.socket.connect).toHaveBeenCalledTimes(1);
  });

  it('starts with short pauses again once it was up', async () => {
    connect();
    for (let i = 0; i < 5; i += 1) page.socket.receive('connect_error', {});
    await wait(60_000);
    page.socket.receive('connect');
    page.socket.connect.mockClear();
    page.socket.receive('disconnect', 'io server disconnect');
    await wait(2_000);
    expect(page.socket.connect).toHaveBeenCalledTimes(1);
  });

  it('may be another one than Socket.IO’s', async () => {
    let listener: TransportListener | undefined;
    const transport = { start: jest.fn((given: TransportListener) => (listener = given)), stop: jest.fn() };
    connect({ transport });
    expect(page.sockets).toEqual([]);
    listener?.up();
    listener?.down();
    expect(states).toEqual(['connecting', 'connected', 'offline']);
    listener?.loggedOut({ reason: 'logged-out', redirectTo: '/bye' });
    await wait();
    expect(page.replace).toHaveBeenCalledWith('https://app.example/bye');
    expect(transport.stop).toHaveBeenCalled();
  });
});
