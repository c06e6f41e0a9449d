import { Heartbeat } from '../../logouts/index.js';

/** The used part of a `pg.PoolClient`. */
interface PoolClient {
  on(event: 'error', listener: () => void): unknown;
  once(event: 'end', listener: () => void): unknown;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
  release(destroy?: boolean): void;
}

/** The used part of a `pg.Pool`. */
interface Pool {
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect' | 'acquire', listener: (client: PoolClient) => void): unknown;
  on(event: 'release', listener: (error: Error, client: PoolClient) => void): unknown;
}

/** A leased connection that does not answer for this long is lost. */
const SILENT_FOR_MS = 4_000;

/**
 * Makes a pool of `pg` safe for Socket.IO's PostgreSQL adapter. The adapter leases one connection to listen on it, and
 * has three faults: it does not handle the connection's errors, which ends the process when the server closes the
 * connection; it does not release a lost connection, so that the pool runs out of connections; and it does not notice a
 * silent network failure, so that no message arrives for hours. This pool closes a silent connection within 6 s, and
 * the adapter opens another one. Give the adapter a pool of its own.
 *
 * `createAdapter(resilientPool(new pg.Pool({ … })), { channelPrefix })`
 * @returns the same pool
 */
export function resilientPool<Given extends Pool>(pool: Given): Given {
  const leased = new Map<PoolClient, Heartbeat>();
  const forget = (client: PoolClient): boolean => {
    leased.get(client)?.stop();
    return leased.delete(client);
  };
  const close = (client: PoolClient): void => {
    if (forget(client)) client.release(true);
  };
  pool.on('error', ignore);
  pool.on('acquire', (client) => {
    const ask = (): Promise<unknown> => client.query('SELECT 1');
    // A holder with a query releases the connection when the query fails. The listener's connection is released at
    // 'end'.
    const onSilence = (): void => {
      client.end().catch(ignore);
    };
    leased.set(client, new Heartbeat(ask, SILENT_FOR_MS, onSilence));
  });
  pool.on('release', (_error, client) => forget(client));
  pool.on('connect', (client) => {
    client.on('error', ignore);
    client.once('end', () => {
      // A holder with a running query releases the connection first.
      setImmediate(close, client);
    });
  });
  return pool;
}

const ignore = (): void => undefined;
