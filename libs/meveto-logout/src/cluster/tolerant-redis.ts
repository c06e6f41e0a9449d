/** What clients of `redis` and of `ioredis` have in common. */
interface RedisClient {
  on(event: 'error', listener: () => void): unknown;
}

/**
 * A client of `redis` or `ioredis` as Socket.IO's Redis adapters need it: they wait for nothing that they ask of it, so
 * that a command that is under way when Redis goes away would end the process as an unhandled rejection.
 *
 * `createAdapter(tolerantRedis(client), tolerantRedis(client.duplicate()), { key })`
 * @returns the same client: whoever waits for a command still hears of its failure
 */
export function tolerantRedis<Client extends RedisClient>(client: Client): Client {
  client.on('error', ignore);
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        const outcome: unknown = Reflect.apply(value, target, given);
        if (outcome instanceof Promise) outcome.catch(ignore);
        return outcome;
      };
    },
  });
}

const ignore = (): void => undefined;
