import { setTimeout as delay } from 'node:timers/promises';
import { Pulse } from './pulse.js';

/** What clients of `redis` and of `ioredis` have in common. */
interface RedisClient {
  on(event: 'error' | 'ready' | 'end', listener: () => void): unknown;
}

/** A client of `redis`, which can be made to connect anew. */
interface Restartable extends RedisClient {
  readonly isReady: boolean;
  ping(): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
}

/** Longer than a read of the streams adapter waits by default (5 s), behind which a ping has to wait. */
const SILENT_FOR_MS = 10_000;
/** The streams adapter reads again as soon as a read has failed: with nothing in between it would do nothing else for ever. */
const FAIL_AFTER_MS = 100;

/**
 * A client of `redis` or `ioredis` as Socket.IO's Redis adapters need it: they wait for nothing that they ask of it, so
 * that a command that is under way when Redis goes away would end the process as an unhandled rejection. A client of `redis`
 * that is busy never notices that its network is gone without a word, as whatever it sends counts as a sign of life: it is
 * asked every two seconds whether it is there, and connects anew after ten seconds without an answer. Give the adapter
 * clients of its own, with `socket: { socketTimeout }`, which does the same while they connect.
 *
 * `createAdapter(tolerantRedis(client), tolerantRedis(client.duplicate()), { key })`
 * @returns the same client: whoever waits for a command still hears of its failure, a tenth of a second later
 */
export function tolerantRedis<Client extends RedisClient>(client: Client): Client {
  client.on('error', ignore);
  if (isRestartable(client)) restartWhenSilent(client);
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        const outcome: unknown = Reflect.apply(value, target, given);
        // The streams adapter reads with a client that it makes for itself.
        if (name === 'duplicate') return tolerantRedis(outcome as Client);
        return outcome instanceof Promise ? failingLater(outcome) : outcome;
      };
    },
  });
}

/** Of which nobody has to hear, and nobody at once. */
function failingLater(outcome: Promise<unknown>): Promise<unknown> {
  const later = outcome.catch(async (error: unknown) => {
    await delay(FAIL_AFTER_MS, undefined, { ref: false });
    throw error;
  });
  later.catch(ignore);
  return later;
}

const isRestartable = (client: RedisClient): client is Restartable =>
  ['isReady', 'ping', 'connect', 'destroy'].every((name) => name in client);

function restartWhenSilent(client: Restartable): void {
  let pulse: Pulse | undefined;
  const stop = (): void => pulse?.stop();
  const start = (): void => {
    stop();
    pulse = new Pulse(
      () => client.ping(),
      SILENT_FOR_MS,
      () => {
        try {
          // Whatever it is subscribed to, it subscribes to again.
          client.destroy();
        } catch {
          // The application is closing it.
          return;
        }
        client.connect().catch(ignore);
      },
    );
  };
  client.on('ready', start);
  client.on('error', stop);
  client.on('end', stop);
  if (client.isReady) start();
}

const ignore = (): void => undefined;
