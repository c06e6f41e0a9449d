import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePage } from '../../spec-support/fake-page.js';
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

  it('opens the module’s namespace, on the page’s server by default', () => {
    connect();
    connect({ url: 'https://api.example' });
    expect(page.sockets.map(({ url }) => url)).toEqual([
      '/meveto-logout',
      'https://api.example/meveto-logout',
    ]);
    expect(page.sockets[0]?.options['auth']).toBeUndefined();
  });

  it('asks for the access token at every attempt', async () => {
    let count = 0;
    connect({ token: () => `token-${String((count += 1))}` });
    const auth = page.socket.options['auth'] as (give: (auth: object) => void) => void;
    const given: object[] = [];
    auth((each) => given.push(each));
    auth((each) => given.push(each));
    await wait();
    expect(given).toEqual([{ token: 'token-1' }, { token: 'token-2' }]);
  });

  it('is retried when no token is available: that is not a logout', async () => {
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
  ])('keeps the page when it fails for any reason but a missing session: %j', async (error) => {
    connect();
    page.socket.receive('connect_error', error);
    await wait(60_000);
    expect(page.replace).not.toHaveBeenCalled();
    expect(states).toEqual(['connecting', 'offline']);
  });

  it('is retried after one to thirty seconds, with growing random pauses, until it is up', async () => {
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
    // Socket.IO varies its own pauses by half of the pause.
    const { reconnectionDelay, reconnectionDelayMax } = page.socket.options;
    expect([Number(reconnectionDelay) * 0.5, Number(reconnectionDelayMax) * 1.5]).toEqual([1_000, 30_000]);
  });

  it('leaves retries to Socket.IO while Socket.IO retries on its own', async () => {
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

  it('restarts with short pauses after it was up', async () => {
    connect();
    for (let i = 0; i < 5; i += 1) page.socket.receive('connect_error', {});
    await wait(60_000);
    page.socket.receive('connect');
    page.socket.connect.mockClear();
    page.socket.receive('disconnect', 'io server disconnect');
    await wait(2_000);
    expect(page.socket.connect).toHaveBeenCalledTimes(1);
  });

  describe('that the server refuses because it is older than the page’s login', () => {
    const refuse = () => page.socket.receive('connect_error', { data: { code: 'not-logged-in' } });

    it('is replaced by one with its own manager as soon as a check reports the login', async () => {
      connect();
      const { socket } = page;
      refuse();
      expect(page.sockets).toHaveLength(1);
      await wait(1_000);
      expect(page.sockets).toHaveLength(2);
      expect(page.socket.options['forceNew']).toBe(true);
      expect(socket.disconnect).toHaveBeenCalledTimes(1);
      page.socket.receive('connect');
      await wait(60_000);
      expect(page.sockets).toHaveLength(2);
      expect(socket.connect).not.toHaveBeenCalled();
      expect(states).toEqual(['connecting', 'offline', 'connecting', 'connected']);
    });

    it('is replaced at once when a check has already reported the login', async () => {
      connect();
      await wait(1_000);
      refuse();
      expect(page.sockets).toHaveLength(2);
    });

    it('is replaced once per login', async () => {
      connect();
      refuse();
      await wait(1_000);
      refuse();
      await wait(120_000);
      refuse();
      await wait(120_000);
      expect(page.sockets).toHaveLength(2);
      // The client still retries.
      expect(page.socket.connect).toHaveBeenCalledTimes(2);
      page.answer(200, { state: 'live', session: 'alice', signedInAt: 2_000 });
      await wait(120_000);
      expect(page.sockets).toHaveLength(3);
      expect(page.replace).not.toHaveBeenCalled();
    });

    it.each<[string, () => void]>([
      ['does not answer', () => page.fail()],
      ['is in trouble', () => page.answer(503, {})],
    ])('is not replaced while the server %s', async (_how, answer) => {
      answer();
      connect();
      refuse();
      await wait(60_000);
      expect(page.sockets).toHaveLength(1);
      expect(page.socket.connect).toHaveBeenCalledTimes(1);
    });

    it('is not replaced for other reasons', async () => {
      connect();
      await wait(1_000);
      page.socket.receive('connect_error', { data: { code: 'unavailable' } });
      page.socket.receive('disconnect', 'transport close');
      await wait(60_000);
      expect(page.sockets).toHaveLength(1);
    });

    it('is not replaced after the page is left or the client is stopped', async () => {
      const client = connect();
      await wait(1_000);
      client.stop();
      refuse();
      await wait(60_000);
      expect(page.sockets).toHaveLength(1);
      page.answer(401, { reason: 'logged-out' });
      connect();
      refuse();
      await wait(60_000);
      expect(page.sockets).toHaveLength(2);
      expect(page.replace).toHaveBeenCalledTimes(1);
    });
  });

  it('can use another transport than Socket.IO', async () => {
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
