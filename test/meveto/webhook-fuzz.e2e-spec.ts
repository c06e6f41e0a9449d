import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fuzzedRequest } from '../support/fuzzed-requests.js';
import { KeptConnection } from '../support/network/kept-connection.js';
import { World } from '../support/world.js';

/** `FUZZ_BODIES=100000 npm test -- test/webhook-fuzz`, or `npm run fuzz -- --bodies 100000`. */
const BODIES = Number(process.env['FUZZ_BODIES'] ?? 2_000);
const SEED = process.env['FUZZ_SEED'] === undefined ? undefined : Number(process.env['FUZZ_SEED']);
const CONNECTIONS = 8;
/** Bodies that are generated for each round. */
const ROUND = 200;
/** Allowed growth between a tenth of the bodies and the last: one-time allocations and 200 bytes per body, 16 MiB in all. */
const MAX_HEAP_GROWTH_MIB = Math.min(16, 4 + (BODIES * 200) / 1_048_576);
const MAX_RSS_GROWTH_MIB = 96;

/** Memory in use after a garbage collection, in MiB. */
interface Memory {
  /** Heap and external memory of buffers. */
  readonly heap: number;
  readonly rss: number;
}

describe.each(['express', 'fastify'] as const)('any request to the webhook on %s', (adapter) => {
  it(
    `is answered with 202 or 4xx, without a crash or memory growth (${String(BODIES)} bodies)`,
    async () => {
      const world = await World.create();
      try {
        const host = await world.start({ adapter, options: { inbox: { maxWaitingPerPriority: 1_000_000 } } });
        const connections = Array.from(
          { length: CONNECTIONS },
          () => new KeptConnection(`${host.url}/meveto/webhook`),
        );
        const seed = SEED ?? Date.now() % 2 ** 31;
        const statuses = new Map<number, number>();
        const readings: Memory[] = [];
        for (let sent = 0; sent < BODIES; sent += ROUND) {
          const webhooks = fc.sample(fuzzedRequest, {
            numRuns: Math.min(ROUND, BODIES - sent),
            seed: seed + sent,
          });
          await Promise.all(
            connections.map(async (connection, index) => {
              for (let next = index; next < webhooks.length; next += CONNECTIONS) {
                const webhook = webhooks[next];
                if (webhook === undefined) throw new Error('no webhook');
                const { status } = await connection.post(webhook.body, webhook.headers);
                statuses.set(status, (statuses.get(status) ?? 0) + 1);
                if (status !== 202 && (status < 400 || status > 499)) {
                  throw new Error(
                    `${String(status)}, seed ${String(seed)}: ${webhook.headers.join()} ${webhook.body.toString('base64')}`,
                  );
                }
              }
            }),
          );
          readings.push(memoryInUse());
        }
        for (const connection of connections) connection.close();
        expect((await host.webhook('the-last-one')).status).toBe(202);
        // The run is only meaningful if it reached every kind of answer.
        expect([...statuses.keys()].sort()).toEqual([202, 400, 413, 415]);
        const growth = growthOf(readings);
        if (BODIES > 2_000) console.log(report(adapter, seed, statuses, growth));
        expect(growth.heap).toBeLessThan(MAX_HEAP_GROWTH_MIB);
        expect(growth.rss).toBeLessThan(MAX_RSS_GROWTH_MIB);
      } finally {
        await world.end();
      }
    },
    60_000 + BODIES * 20,
  );
});

function memoryInUse(): Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1_048_576, rss: rss / 1_048_576 };
}

/** Growth of memory from the first tenth, when all one-time allocations are done, to the end. */
function growthOf(readings: readonly Memory[]): Memory {
  const first = readings[Math.floor((readings.length - 1) / 10)];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || first === last)
    throw new Error('too few bodies to see growth');
  return { heap: last.heap - first.heap, rss: last.rss - first.rss };
}

function report(adapter: string, seed: number, statuses: Map<number, number>, { heap, rss }: Memory): string {
  const counts = [...statuses].map(([status, count]) => `${String(status)} × ${String(count)}`).join(', ');
  return `${adapter}, seed ${String(seed)}: ${counts}; heap grew ${heap.toFixed(1)} MiB, resident memory ${rss.toFixed(0)} MiB`;
}
