import {
  LOGGED_OUT_EVENT,
  type LoggedOutMessage,
  type PusherGrant,
  type PusherSubscription,
} from './protocol.js';
import type { LeaveReason, LogoutTransport, TransportListener } from './transport.js';

type Callback = (argument: never) => void;

/** The part of a `Pusher` of pusher-js, 8.x, that is used. */
export interface PusherSocket {
  readonly connection: { bind(event: string, callback: Callback): unknown };
  subscribe(channel: string): { bind(event: string, callback: Callback): unknown };
  disconnect(): unknown;
}

/** What the transport sets of pusher-js' options. */
export interface PusherSocketOptions {
  cluster: string;
  forceTLS: boolean;
  wsHost?: string;
  wsPort?: number;
  wssPort?: number;
  channelAuthorization: {
    customHandler: (
      asked: { socketId: string; channelName: string },
      give: (error: Error | null, grant: PusherGrant | null) => void,
    ) => void;
  };
}

/** `Pusher` of pusher-js, 8.x. */
export type PusherConstructor = new (key: string, options: PusherSocketOptions) => PusherSocket;

export interface PusherTransportOptions {
  /**
   * The module's route that tells the channel and authorises it.
   * @defaultValue '/meveto/pusher'
   */
  readonly url?: string;
  /** Access token, for applications without cookies. Asked for at every request to that route. */
  readonly token?: () => string | Promise<string>;
}

interface StateChange {
  readonly previous: string;
  readonly current: string;
}

/** While the page is seen and connected; up to twice that. */
const ASK_EVERY_MS = 120_000;

/** Over for good; anything else may be the network. */
const REASONS: readonly unknown[] = ['logged-out', 'expired', 'not-logged-in'] satisfies LeaveReason[];

/**
 * Pusher in place of Socket.IO: `connectMevetoLogout({ transport: pusherTransport(Pusher) })`. Key, cluster and channel come
 * from the server. A lost connection is made anew by pusher-js; what else fails is tried again after 1 to 30 s.
 */
export function pusherTransport(
  Pusher: PusherConstructor,
  options: PusherTransportOptions = {},
): LogoutTransport {
  const { url = '/meveto/pusher', token } = options;
  let current: Attempts | undefined;
  const ask = <T>(listener: TransportListener, body?: object): Promise<T> =>
    request<T>(url, token, listener, body);
  return {
    start(listener) {
      const mine = (current = new Attempts());
      const lost = (): void => {
        if (mine !== current) return;
        listener.down();
        mine.again(() => void connect());
      };
      const connect = async (): Promise<void> => {
        try {
          const told = await ask<PusherSubscription>(listener);
          if (mine !== current) return;
          const { key, channels, ...place } = told;
          const pusher = new Pusher(key, {
            ...place,
            channelAuthorization: {
              customHandler: ({ socketId, channelName }, give) => {
                ask<PusherGrant>(listener, { socket_id: socketId, channel_name: channelName }).then(
                  (grant) => give(null, grant),
                  (error: unknown) => give(error as Error, null),
                );
              },
            },
          });
          mine.holds(pusher);
          pusher.connection.bind('state_change', ({ previous, current: state }: StateChange) => {
            const isDown = previous === 'connected' || state === 'unavailable' || state === 'failed';
            if (mine !== current || !isDown) return;
            mine.askNoMore();
            listener.down();
          });
          const waiting = new Set(channels);
          for (const channel of channels) {
            const subscription = pusher.subscribe(channel.name);
            subscription.bind('pusher:subscription_succeeded', () => {
              waiting.delete(channel);
              if (mine !== current || waiting.size > 0) return;
              mine.worked();
              listener.up();
              mine.askNowAndAgain(listener);
            });
            subscription.bind('pusher:subscription_error', lost);
            subscription.bind(LOGGED_OUT_EVENT, (message: LoggedOutMessage) => {
              // One from before the session began may come late.
              const isOld = Date.parse(message.loggedOutAt) < (channel.signedInAt ?? -Infinity);
              if (mine === current && !isOld) listener.loggedOut(message);
            });
          }
        } catch {
          lost();
        }
      };
      void connect();
    },
    stop() {
      current?.end();
      current = undefined;
    },
  };
}

/** Asks the module's route: what the server says of the session is told to the listener, too. */
async function request<T>(
  url: string,
  token: PusherTransportOptions['token'],
  listener: TransportListener,
  body: object | undefined,
): Promise<T> {
  const headers: Record<string, string> = {};
  if (token) headers['authorization'] = `Bearer ${await token()}`;
  if (body) headers['content-type'] = 'application/json';
  const response = await fetch(url, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers,
    cache: 'no-store',
    credentials: token ? 'same-origin' : 'include',
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { reason?: unknown };
  if (response.ok) return answer as T;
  if (response.status === 401 && REASONS.includes(answer.reason)) {
    listener.loggedOut({ reason: answer.reason as LeaveReason });
  }
  throw new Error(`Status ${String(response.status)}`);
}

/** The connection of one start, and the pauses between two tries to make it. */
class Attempts {
  #pusher: PusherSocket | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: ReturnType<typeof setInterval> | undefined;

  /** Pusher keeps no events: one that was never sent, or lost on its way, is found out by asking. */
  askNowAndAgain(listener: TransportListener): void {
    this.askNoMore();
    this.#asking = setInterval(
      () => {
        if (!document.hidden) listener.up();
      },
      ASK_EVERY_MS * (1 + Math.random()),
    );
  }

  askNoMore(): void {
    clearInterval(this.#asking);
  }

  holds(pusher: PusherSocket): void {
    this.#pusher = pusher;
  }

  worked(): void {
    this.#failures = 0;
  }

  again(connect: () => void): void {
    this.end();
    const pauseMs = Math.min(30_000, 2_000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(connect, pauseMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.askNoMore();
    this.#pusher?.disconnect();
    this.#pusher = undefined;
  }
}
