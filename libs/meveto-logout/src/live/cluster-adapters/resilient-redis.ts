import { setTimeout as delay } from 'node:timers/promises';
import { Heartbeat } from '../../logouts/index.js';

/** The common part of clients of `redis` and `ioredis`. */
interface RedisClient {
  on(event: 'error' | 'ready' | 'end', listener: () => void): unknown;
}

/** A client of `redis`, which can reconnect on demand. */
interface Restartable extends RedisClient {
  readonly isReady: boolean;
  ping(): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
}

/** Longer than a read of the streams adapter blocks by default (5 s): a ping waits behind the read. */
const SILENT_FOR_MS = 10_000;
/** The streams adapter repeats a failed read at once. Without a pause, the loop would block the process. */
const FAIL_AFTER_MS = 100;

/**
 * Makes a client of `redis` or `ioredis` safe for Socket.IO's Redis adapters. The adapters do not await their commands:
 * a command in flight when Redis goes away would end the process as an unhandled rejection. A busy client of `redis`
 * never notices a silent network failure, because its own writes count as activity. This client therefore gets a ping
 * every two seconds and reconnects after ten seconds without an answer. Give the adapter clients of its own, with
 * `socket: { socketTimeout }`, which covers the time while they connect.
 *
 * `createAdapter(resilientRedis(client), resilientRedis(client.duplicate()), { key })`
 * @returns the same client; a failed command rejects 100 ms later
 */
export function resilientRedis<Client extends RedisClient>(client: Client): Client {
  client.on('error', ignore);
  if (isRestartable(client)) restartWhenSilent(client);
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        const outcome: unknown = Reflect.apply(value, target, given);
        // The streams adapter creates its own reading client.
        if (name === 'duplicate') return resilientRedis(outcome as Client);
        return outcome instanceof Promise ? failingLater(outcome) : outcome;
      };
    },
  });
}

/** The same outcome, but a rejection comes later and need not be handled. */
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
  let heartbeat: Heartbeat | undefined;
  const stop = (): void => heartbeat?.stop();
  const start = (): void => {
    stop();
    heartbeat = new Heartbeat(
      () => client.ping(),
      SILENT_FOR_MS,
      () => {
        try {
          // The client restores its subscriptions when it reconnects.
          client.destroy();
        } catch {
          // The application is closing the client.
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
