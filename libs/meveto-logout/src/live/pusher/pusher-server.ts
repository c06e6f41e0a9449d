/** One event for one channel. */
export interface PusherEvent {
  readonly channel: string;
  readonly name: string;
  readonly data: object;
}

/**
 * The part of the official package `pusher`, 5.x, that the module uses. Structural, so that only users of Pusher need
 * the package.
 */
export interface PusherServer {
  triggerBatch(events: PusherEvent[]): Promise<unknown>;
  authorizeChannel(socketId: string, channel: string): { readonly auth: string };
}

/** Connection options of the official library. */
export type PusherConnection = {
  readonly appId: string;
  readonly key: string;
  readonly secret: string;
  readonly useTLS: boolean;
  readonly timeoutMs: number;
} & (
  | { readonly cluster: string; readonly host: undefined }
  | { readonly host: string; readonly port: number | undefined }
);

const NOT_INSTALLED =
  'livePush: pusher() needs the package pusher, which cannot be loaded. Install it: npm install pusher.';

/**
 * Creates the client of the official library.
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
