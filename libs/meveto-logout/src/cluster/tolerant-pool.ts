import { Pulse } from './pulse.js';

/** What is used of a `pg.PoolClient`. */
interface PoolClient {
  on(event: 'error', listener: () => void): unknown;
  once(event: 'end', listener: () => void): unknown;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
  release(destroy?: boolean): void;
}

/** What is used of a `pg.Pool`. */
interface Pool {
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect' | 'acquire', listener: (client: PoolClient) => void): unknown;
  on(event: 'release', listener: (error: Error, client: PoolClient) => void): unknown;
}

/** A connection that is kept and does not answer for so long is gone. */
const SILENT_FOR_MS = 4_000;

/**
 * A pool of `pg` as Socket.IO's PostgreSQL adapter needs it: it keeps one connection, on which it listens, and neither
 * handles that connection's errors, which would end the process when the server ends it, nor gives it back when it is
 * lost, so that the pool would run out of connections after a few times, nor notices when its network is gone without a
 * word, so that nothing would be heard for hours: such a connection is closed within six seconds, and the adapter opens
 * another one. Give the adapter a pool of its own.
 *
 * `createAdapter(tolerantPool(new pg.Pool({ … })), { channelPrefix })`
 * @returns the same pool
 */
export function tolerantPool<Given extends Pool>(pool: Given): Given {
  const held = new Map<PoolClient, Pulse>();
  const letGo = (client: PoolClient): boolean => {
    held.get(client)?.stop();
    return held.delete(client);
  };
  const close = (client: PoolClient): void => {
    if (letGo(client)) client.release(true);
  };
  pool.on('error', ignore);
  pool.on('acquire', (client) => {
    const ask = (): Promise<unknown> => client.query('SELECT 1');
    // Whoever holds it gives it back, now that what they ask for fails; for whoever only listens, it is given back at its end.
    const onSilence = (): void => {
      client.end().catch(ignore);
    };
    held.set(client, new Pulse(ask, SILENT_FOR_MS, onSilence));
  });
  pool.on('release', (_error, client) => letGo(client));
  pool.on('connect', (client) => {
    client.on('error', ignore);
    client.once('end', () => {
      // Whoever had a query under way gives the connection back first.
      setImmediate(close, client);
    });
  });
  return pool;
}

const ignore = (): void => undefined;
