/** What is used of a `pg.PoolClient`. */
interface PoolClient {
  on(event: 'error', listener: () => void): unknown;
  once(event: 'end', listener: () => void): unknown;
  release(destroy?: boolean): void;
}

/** What is used of a `pg.Pool`. */
interface Pool {
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect' | 'acquire', listener: (client: PoolClient) => void): unknown;
  on(event: 'release', listener: (error: Error, client: PoolClient) => void): unknown;
}

/**
 * A pool of `pg` as Socket.IO's PostgreSQL adapter needs it: it keeps one connection, on which it listens, and neither
 * handles that connection's errors, which would end the process when the server ends it, nor gives it back when it is
 * lost, so that the pool would run out of connections after a few times. Give the adapter a pool of its own.
 *
 * `createAdapter(tolerantPool(new pg.Pool({ … })), { channelPrefix })`
 * @returns the same pool
 */
export function tolerantPool<Given extends Pool>(pool: Given): Given {
  const held = new Set<PoolClient>();
  pool.on('error', ignore);
  pool.on('acquire', (client) => held.add(client));
  pool.on('release', (_error, client) => held.delete(client));
  pool.on('connect', (client) => {
    client.on('error', ignore);
    client.once('end', () => {
      // Whoever had a query under way gives the connection back first.
      setImmediate(() => {
        if (held.delete(client)) client.release(true);
      });
    });
  });
  return pool;
}

const ignore = (): void => undefined;
