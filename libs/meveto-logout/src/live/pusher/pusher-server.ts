import type { PusherConnection } from './pusher-options.js';

/** One event for one channel. */
export interface PusherEvent {
  readonly channel: string;
  readonly name: string;
  readonly data: object;
}

/** The part of the official `pusher`, 5.x, that is used; structural, so that the package is needed only by who uses it. */
export interface PusherServer {
  triggerBatch(events: PusherEvent[]): Promise<unknown>;
  authorizeChannel(socketId: string, channel: string): { readonly auth: string };
}

const NOT_INSTALLED =
  'livePush: pusher() needs the package pusher, which cannot be loaded. Install it: npm install pusher.';

/**
 * Makes the official library's client.
 * @throws {Error} when the package is not installed
 */
export async function openPusher(connection: PusherConnection): Promise<PusherServer> {
  const { default: Pusher } = await import('pusher').catch((cause: unknown) => {
    throw new Error(NOT_INSTALLED, { cause });
  });
  const { appId, key, secret, timeoutMs } = connection;
  const shared = { appId, key, secret, useTLS: connection.useTLS, timeout: timeoutMs };
  if (connection.host === undefined) return new Pusher({ ...shared, cluster: connection.cluster });
  const { host, port } = connection;
  return new Pusher({ ...shared, host, ...(port === undefined ? {} : { port: String(port) }) });
}
