import { setTimeout as delay } from 'node:timers/promises';
import { type Measure, ratioOf } from '../measure.js';
import { type Child, detail, startChild } from './child.js';
import type { FromLiveClients, ToLiveClients } from './live-clients.js';
import type { FromLiveHost, LiveKind, ToLiveHost } from './live-host.js';

const FULL = { sockets: 10_000, rounds: 3 };
const QUICK = { sockets: 1_000, rounds: 1 };
const PROCESSES = 2;
const SETTLE_MS = 1_000;
const KINDS = ['module', 'nest-gateway', 'socket-io'] as const;

/**
 * Memory of an open socket, each of a different user: the growth of the heap after a collection. Over an empty Nest gateway, and
 * over plain Socket.IO. Each server is a new process, and the browsers are others.
 */
export const heap: Measure = {
  names: ['heap_per_socket_vs_nest_gateway', 'heap_per_socket_vs_socket_io', 'heap_bytes_per_socket'],
  run: async ({ isQuick, progress }) => {
    const { sockets, rounds } = isQuick ? QUICK : FULL;
    const overGateway: number[] = [];
    const overSocketIo: number[] = [];
    const bytes: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const perSocket = { module: 0, 'nest-gateway': 0, 'socket-io': 0 };
      for (const [index, kind] of rotated(KINDS, round).entries()) {
        progress(round * KINDS.length + index, rounds * KINDS.length);
        perSocket[kind] = await bytesPerSocket(kind, sockets);
      }
      overGateway.push(perSocket.module / perSocket['nest-gateway']);
      overSocketIo.push(perSocket.module / perSocket['socket-io']);
      bytes.push(perSocket.module);
      detail(`heap per socket: ${JSON.stringify(perSocket)}`);
    }
    return {
      heap_per_socket_vs_nest_gateway: ratioOf(overGateway),
      heap_per_socket_vs_socket_io: ratioOf(overSocketIo),
      heap_bytes_per_socket: ratioOf(bytes),
    };
  },
};

const rotated = <T>(list: readonly T[], by: number): readonly T[] =>
  list.map((_, index) => list[(index + by) % list.length] as T);

async function bytesPerSocket(kind: LiveKind, count: number): Promise<number> {
  const host: Child<ToLiveHost, FromLiveHost> = await startChild('live-host', { KIND: kind });
  const others: Child<ToLiveClients, FromLiveClients>[] = [];
  try {
    const { port } = await host.ask({ ask: 'port' });
    const open = async (first: number, share: number) => {
      const clients: Child<ToLiveClients, FromLiveClients> = await startChild('live-clients');
      others.push(clients);
      const users = Array.from({ length: share }, (_, index) => `user${String(first + index)}`);
      await clients.ask({ ask: 'open', port, protocol: 'socket.io', users });
    };
    // The first sockets cost what is made once.
    await open(count, 100);
    await delay(SETTLE_MS);
    const before = await host.ask({ ask: 'memory' });
    const share = count / PROCESSES;
    await Promise.all(Array.from({ length: PROCESSES }, (_, index) => open(index * share, share)));
    await delay(SETTLE_MS);
    const after = await host.ask({ ask: 'memory' });
    return (after.heapUsed - before.heapUsed) / count;
  } finally {
    for (const each of [...others, host]) await each.stop();
  }
}
