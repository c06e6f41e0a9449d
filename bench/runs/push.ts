import { setTimeout as delay } from 'node:timers/promises';
import { type Measure, ratioOf } from '../measure.js';
import { type Child, detail, startChild } from './child.js';
import type { FromLiveClients, ToLiveClients } from './live-clients.js';
import type { FromLiveHost, ToLiveHost } from './live-host.js';

const USERS = 1_000;
const ROUNDS = { full: 15, quick: 4 };
/** Bursts of each side before the first round. After one or two of them, V8 still compiles the code of the next one. */
const WARM_UPS = { full: 4, quick: 2 };
const SETTLE_MS = 150;
const NAME = 'push_burst_vs_ws';

type Host = Child<ToLiveHost, FromLiveHost>;
type Clients = Child<ToLiveClients, FromLiveClients>;

/**
 * 1,000 users, each with one page, are logged out at once: from the moment when the process learns of it until the last page has
 * its message. Over a bare `ws` server that sends a message of the same length to each. Disconnects come later.
 */
export const push: Measure = {
  names: [NAME],
  run: async ({ isQuick, hasTime, progress }) => {
    const size = isQuick ? 'quick' : 'full';
    const rounds = ROUNDS[size];
    const clients: Clients = await startChild('live-clients');
    const ours: Host = await startChild('live-host', { KIND: 'module' });
    const bare: Host = await startChild('live-host', { KIND: 'ws' });
    const burstOfOurs = (round: number) => burstMs(ours, clients, 'socket.io', round);
    const burstOfBare = (round: number) => burstMs(bare, clients, 'ws', round);
    try {
      for (let warmUp = 1; warmUp <= WARM_UPS[size]; warmUp += 1) {
        await burstOfOurs(-warmUp);
        await burstOfBare(-warmUp);
      }
      const ratios: number[] = [];
      for (let round = 0; round < rounds && (round === 0 || hasTime()); round += 1) {
        progress(round, rounds);
        const before = round % 2 === 0 ? await burstOfBare(round) : 0;
        const oursMs = await burstOfOurs(round);
        const bareMs = before > 0 ? before : await burstOfBare(round);
        ratios.push(oursMs / bareMs);
        detail(`push: ${oursMs.toFixed(1)} ms, ws ${bareMs.toFixed(1)} ms for ${String(USERS)} users`);
      }
      return { [NAME]: ratioOf(ratios) };
    } finally {
      for (const each of [ours, bare, clients]) await each.stop();
    }
  },
};

async function burstMs(
  host: Host,
  clients: Clients,
  protocol: 'socket.io' | 'ws',
  round: number,
): Promise<number> {
  const users = Array.from({ length: USERS }, (_, index) => `round${String(round)}-user${String(index)}`);
  const { port } = await host.ask({ ask: 'port' });
  await clients.ask({ ask: 'open', port, protocol, users });
  await host.ask({ ask: 'memory' });
  await delay(SETTLE_MS);
  const last = clients.ask({ ask: 'notified' });
  const { startedAt } = await host.ask({ ask: 'burst', users });
  const { lastAt } = await last;
  await clients.ask({ ask: 'close' });
  await delay(SETTLE_MS);
  return lastAt - startedAt;
}
