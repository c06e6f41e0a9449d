// The process that sends the requests, on a core of its own. Takes a TurnRequest and answers with a Turn or an error.
import { median } from '../measure.js';
import { LoadConnection, requestsOf } from './load-connection.js';
import type { LoadTarget, Turn, TurnRequest } from './load-target.js';

/** The open connections to each port. They stay open between turns, as those of a real sender. */
const connections = new Map<number, LoadConnection[]>();
const makers = new Map<number, () => string>();

async function connectionsTo(target: LoadTarget, count: number): Promise<readonly LoadConnection[]> {
  const open = connections.get(target.port) ?? [];
  connections.set(target.port, open);
  while (open.length < count) open.push(await LoadConnection.open(target));
  return open.slice(0, count);
}

async function takeTurn({ target, connections: count, milliseconds }: TurnRequest): Promise<Turn> {
  const open = await connectionsTo(target, count);
  const next = makers.get(target.port) ?? requestsOf(target);
  makers.set(target.port, next);
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const begunAt = performance.now();
  let endedAt = begunAt;
  await Promise.all(
    open.map(async (connection) => {
      for (let now = performance.now(); now - begunAt < milliseconds; now = endedAt) {
        await connection.send(next());
        endedAt = performance.now();
        times.push(endedAt - now);
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (endedAt - begunAt) / 1_000;
  return { answers: times.length, seconds, p50Ms: median(times), loadCpu: (user + system) / 1e6 / seconds };
}

process.on('message', (message) => {
  takeTurn(message as TurnRequest).then(
    (turn) => process.send?.({ turn }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
