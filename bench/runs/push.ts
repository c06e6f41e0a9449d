import { setTimeout as delay } from 'node:timers/promises';
import { type Measure, ratioOf } from '../measure.js';
import { type Child, detail, startChild } from './child.js';
import type { FromLiveClients, ToLiveClients } from './live-clients.js';
import type { FromLiveHost, LiveKind, ToLiveHost } from './live-host.js';

const USERS = 1_000;
const ROUNDS = { full: 15, quick: 4 };
/** Bursts of each side before the first round. After one or two of them, V8 still compiles the code of the next one. */
const WARM_UPS = { full: 4, quick: 1 };
const SETTLE_MS = 150;
const NAMES = { ws: 'push_burst_vs_ws', socketIo: 'push_burst_vs_socket_io' };

type Host = Child<ToLiveHost, FromLiveHost>;
type Clients = Child<ToLiveClients, FromLiveClients>;

/**
 * 1,000 users, each with one page, are logged out at once: from the moment when the process learns of it until the last page has
 * its message. Over a bare `ws` server and a plain Socket.IO server that send the same event to each. Disconnects come later.
 */
export const push: Measure = {
  names: Object.values(NAMES),
  run: async ({ isQuick, hasTime, progress }) => {
    const size = isQuick ? 'quick' : 'full';
    const rounds = ROUNDS[size];
    const host = (kind: LiveKind): Promise<Host> => startChild('live-host', { KIND: kind });
    const starting: Promise<Clients> = startChild('live-clients');
    const [ours, ws, socketIo] = await Promise.all([host('module'), host('ws'), host('socket-io')]);
    const clients = await starting;
    const bursts = [
      (round: number) => burstMs(ours, clients, 'socket.io', round),
      (round: number) => burstMs(ws, clients, 'ws', round),
      (round: number) => burstMs(socketIo, clients, 'socket.io', round),
    ];
    try {
      for (let warmUp = 1; warmUp <= WARM_UPS[size]; warmUp += 1)
        for (const burst of bursts) await burst(-warmUp);
      const [overWs, overSocketIo]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds && (round === 0 || hasTime()); round += 1) {
        progress(round, rounds);
        const [oursMs, wsMs, socketIoMs] = await inTurns(bursts, round);
        overWs.push(oursMs / wsMs);
        overSocketIo.push(oursMs / socketIoMs);
        detail(
          `push: ${oursMs.toFixed(1)} ms, ws ${wsMs.toFixed(1)} ms, Socket.IO ${socketIoMs.toFixed(1)} ms for ${String(USERS)} users`,
        );
      }
      return { [NAMES.ws]: ratioOf(overWs), [NAMES.socketIo]: ratioOf(overSocketIo) };
    } finally {
      for (const each of [ours, ws, socketIo, clients]) await each.stop();
    }
  },
};

type Burst = (round: number) => Promise<number>;

/** Another server begins in each round. Resolves with the times in the order of `bursts`. */
async function inTurns(bursts: readonly Burst[], round: number): Promise<[number, number, number]> {
  const times: [number, number, number] = [NaN, NaN, NaN];
  for (let turn = 0; turn < bursts.length; turn += 1) {
    const index = (round + turn) % bursts.length;
    times[index] = (await bursts[index]?.(round)) ?? NaN;
  }
  return times;
}

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
