import {
  LOGGED_OUT_EVENT,
  type LoggedOutMessage,
  type PusherGrant,
  type PusherSubscription,
} from '../protocol/index.js';
import type { LeaveReason, LogoutTransport, TransportListener } from './transport.js';

type Callback = (argument: never) => void;

/** The used part of a `Pusher` of pusher-js, 8.x. */
export interface PusherSocket {
  readonly connection: { bind(event: string, callback: Callback): unknown };
  subscribe(channel: string): { bind(event: string, callback: Callback): unknown };
  disconnect(): unknown;
}

/** The options of pusher-js that the transport sets. */
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
   * The module's route that returns the channel and authorises subscriptions.
   * @defaultValue '/meveto/pusher'
   */
  readonly url?: string;
  /** Access token, for applications without cookies. Called for every request to that route. */
  readonly token?: () => string | Promise<string>;
}

interface StateChange {
  readonly previous: string;
  readonly current: string;
}

/**
 * Shortest interval of checks while the page is visible and connected. The actual interval is random, up to twice as
 * long.
 */
const CHECK_EVERY_MS = 120_000;

/** Reasons that mean the session is over. Any other failure may be the network. */
const REASONS: readonly unknown[] = ['logged-out', 'expired', 'not-logged-in'] satisfies LeaveReason[];

/**
 * Uses Pusher instead of Socket.IO: `connectMevetoLogout({ transport: pusherTransport(Pusher) })`. The server gives
 * key, cluster and channel. pusher-js restores a lost connection; other failures are retried after 1 to 30 s.
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
        mine.retry(() => void connect());
      };
      const connect = async (): Promise<void> => {
        try {
          const subscription = await ask<PusherSubscription>(listener);
          if (mine !== current) return;
          const { key, channels, ...place } = subscription;
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
          mine.use(pusher);
          pusher.connection.bind('state_change', ({ previous, current: state }: StateChange) => {
            const isDown = previous === 'connected' || state === 'unavailable' || state === 'failed';
            if (mine !== current || !isDown) return;
            mine.stopChecks();
            listener.down();
          });
          const waiting = new Set(channels);
          for (const channel of channels) {
            const subscription = pusher.subscribe(channel.name);
            subscription.bind('pusher:subscription_succeeded', () => {
              waiting.delete(channel);
              if (mine !== current || waiting.size > 0) return;
              mine.succeeded();
              listener.up();
              mine.checkRegularly(listener);
            });
            subscription.bind('pusher:subscription_error', lost);
            subscription.bind(LOGGED_OUT_EVENT, (message: LoggedOutMessage) => {
              // An event from before the session began may arrive late.
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

/** Sends a request to the module's route, and reports an ended session to the listener. */
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

/** The connection of one start, and the pauses between attempts. */
class Attempts {
  #pusher: PusherSocket | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checking: ReturnType<typeof setInterval> | undefined;

  /** Checks at intervals: Pusher keeps no events, so that a lost one is found only by a check. */
  checkRegularly(listener: TransportListener): void {
    this.stopChecks();
    this.#checking = setInterval(
      () => {
        if (!document.hidden) listener.up();
      },
      CHECK_EVERY_MS * (1 + Math.random()),
    );
  }

  stopChecks(): void {
    clearInterval(this.#checking);
  }

  use(pusher: PusherSocket): void {
    this.#pusher = pusher;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  retry(connect: () => void): void {
    this.end();
    const pauseMs = Math.min(30_000, 2_000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(connect, pauseMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.stopChecks();
    this.#pusher?.disconnect();
    this.#pusher = undefined;
  }
}
