import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pusherTransport, type PusherSocket, type PusherSocketOptions } from './pusher.js';

type Callback = (argument: never) => void;

/** A controllable fake. Other tests use the real libraries. */
class FakePusher implements PusherSocket {
  static latest: FakePusher;
  readonly #callbacks = new Map<string, Callback>();
  readonly connection = this.#bound('');
  readonly disconnect = jest.fn();

  constructor(
    readonly key: string,
    readonly options: PusherSocketOptions,
  ) {
    FakePusher.latest = this;
  }

  subscribe(channel: string) {
    return this.#bound(channel);
  }

  /** @param channel empty for events of the connection itself */
  receive(event: string, argument?: unknown, channel = MINE): void {
    this.#callbacks.get(`${event === 'state_change' ? '' : channel} ${event}`)?.(argument as never);
  }

  #bound(channel: string) {
    return {
      bind: (event: string, callback: Callback) => this.#callbacks.set(`${channel} ${event}`, callback),
    };
  }
}

const MINE = 'private-meveto-x';
const OTHER = 'private-meveto-y';
const PLACE = { key: 'k', cluster: 'eu', forceTLS: true };
const SUBSCRIPTION = { ...PLACE, channels: [{ name: MINE, signedInAt: 5 }] };
const UP = 'pusher:subscription_succeeded';

describe('pusherTransport', () => {
  const listener = { up: jest.fn(), down: jest.fn(), loggedOut: jest.fn() };
  const page = { hidden: false };
  const fetched = jest.fn<(url: string, init: RequestInit) => Promise<Response>>();
  const globals = globalThis as { document?: unknown; fetch: unknown };
  const before = { ...globals };
  const wait = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  const connected = async (): Promise<{ stop(): void }> => {
    const transport = pusherTransport(FakePusher);
    transport.start(listener);
    await wait();
    FakePusher.latest.receive(UP);
    return transport;
  };
  beforeEach(() => {
    jest.useFakeTimers();
    page.hidden = false;
    fetched.mockReset().mockImplementation(() => Promise.resolve(Response.json(SUBSCRIPTION)));
    Object.assign(globals, { document: page, fetch: fetched });
    for (const callback of Object.values(listener)) callback.mockReset();
  });
  afterEach(() => {
    jest.useRealTimers();
    Object.assign(globals, { document: before.document, fetch: before.fetch });
  });

  it('checks at intervals while the page is connected and visible, because events may get lost', async () => {
    await connected();
    expect(listener.up).toHaveBeenCalledTimes(1);
    await wait(100_000);
    expect(listener.up).toHaveBeenCalledTimes(1);
    await wait(1_000_000);
    expect(listener.up.mock.calls.length).toBeGreaterThan(4);
    expect(listener.up.mock.calls.length).toBeLessThan(12);
    page.hidden = true;
    const count = listener.up.mock.calls.length;
    await wait(1_000_000);
    expect(listener.up).toHaveBeenCalledTimes(count);
  });

  it.each<[string, (transport: { stop(): void }) => void]>([
    [
      'is lost',
      () => FakePusher.latest.receive('state_change', { previous: 'connected', current: 'connecting' }),
    ],
    ['is stopped', (transport) => transport.stop()],
  ])('stops these checks when the connection %s', async (_how, end) => {
    end(await connected());
    await wait(1_000_000);
    expect(listener.up).toHaveBeenCalledTimes(1);
  });

  it('aborts an unanswered request and retries', async () => {
    fetched.mockImplementation(
      (_url, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), ms);
      return controller.signal;
    });
    pusherTransport(FakePusher).start(listener);
    await wait(20_000);
    expect(fetched.mock.calls.length).toBeGreaterThan(1);
    expect(listener.down).toHaveBeenCalled();
  });

  it('sends cookies to a server of another origin, but not with a token', async () => {
    await connected();
    pusherTransport(FakePusher, { url: 'https://api.example/meveto/pusher', token: () => 't' }).start(
      listener,
    );
    await wait();
    expect(fetched.mock.calls.map(([, { credentials }]) => credentials)).toEqual(['include', 'same-origin']);
  });

  it('subscribes for every user whose session the page’s requests carry, and is up after the last subscription', async () => {
    const channels = [
      { name: MINE, signedInAt: 5_000 },
      { name: OTHER, signedInAt: null },
    ];
    fetched.mockImplementation(() => Promise.resolve(Response.json({ ...PLACE, channels })));
    await connected();
    expect(listener.up).not.toHaveBeenCalled();
    FakePusher.latest.receive(UP, undefined, OTHER);
    expect(listener.up).toHaveBeenCalledTimes(1);
    const early = { loggedOutAt: new Date(4_000).toISOString() };
    FakePusher.latest.receive('logged-out', early, MINE);
    expect(listener.loggedOut).not.toHaveBeenCalled();
    FakePusher.latest.receive('logged-out', early, OTHER);
    expect(listener.loggedOut.mock.calls).toEqual([[early]]);
  });
});
