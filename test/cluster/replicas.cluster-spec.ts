import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bus, BUSES } from '../support/live/cluster-buses.js';
import type { DemoProcess } from '../support/demo/demo-process.js';
import { Replicas } from '../support/demo/replicas.js';
import { letTimePass, until } from '../support/until.js';

/** The promised delay of the adapter. */
const WITHIN_MS = 100;
const RUNS = 25;
const STOPPED_FOR_MS = 10_000;

const p = (share: number, values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

describe.each(BUSES)('three replicas with %s', (title, openBus) => {
  let bus: Bus;
  let replicas: Replicas;
  const three = (): [DemoProcess, DemoProcess, DemoProcess] => {
    const [first, second, third] = replicas.running;
    if (first === undefined || second === undefined || third === undefined) throw new Error('not three');
    return [first, second, third];
  };
  const clusterState = async (replica: DemoProcess): Promise<unknown> => {
    const response = await fetch(`${replica.url}/health`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { details: { cluster: { bus: unknown } } }).details.cluster.bus;
  };
  const untilAll = (state: string): Promise<unknown> =>
    until(
      `the bus is ${state} everywhere`,
      async () => (await Promise.all(replicas.running.map(clusterState))).every((each) => each === state),
      20_000,
    );
  /**
   * The delay until the second replica refuses after the first one, which has committed the logout, and until the
   * socket on the third is notified.
   */
  const oneLogout = async (): Promise<{ guardMs: number; notifiedMs: number }> => {
    const [first, second, third] = three();
    const token = await replicas.logIn(first);
    const socket = replicas.openSocket(third, token);
    await socket.next('connect');
    const notified = socket.next('logged-out', 10_000).then(() => performance.now());
    await replicas.logOut(first);
    const [committedAt, refusedAt, notifiedAt] = await Promise.all([
      replicas.refusedAt(first, token),
      replicas.refusedAt(second, token),
      notified,
    ]);
    expect(await socket.next('disconnect')).toBe('io server disconnect');
    expect(socket.events).toEqual(['connect', 'logged-out', 'disconnect']);
    return { guardMs: refusedAt - committedAt, notifiedMs: notifiedAt - committedAt };
  };

  beforeAll(async () => {
    bus = await openBus();
    replicas = await Replicas.open(bus.env);
    for (let count = 0; count < 3; count += 1) await replicas.start();
    await untilAll('up');
  });
  afterEach(() => {
    for (const replica of replicas.running) {
      expect(replica.child.exitCode).toBeNull();
      expect(replica.output).not.toMatch(/unhandled|uncaught/i);
    }
  });
  afterAll(async () => {
    await replicas.end();
    await bus.close();
  });

  it('know of a logout everywhere within 100 ms of its commit', async () => {
    const guards: number[] = [];
    const sockets: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { guardMs, notifiedMs } = await oneLogout();
      guards.push(guardMs);
      sockets.push(notifiedMs);
    }
    const figures = [guards, sockets].map((all) => [p(0.5, all), p(0.95, all)].map((ms) => ms.toFixed(1)));
    console.log(`${title}: guard p50, p95 ${String(figures[0])} ms; socket ${String(figures[1])} ms`);
    // Allow one outlier of 25: a machine may stall for a moment.
    expect(p(0.95, guards)).toBeLessThanOrEqual(WITHIN_MS);
    expect(p(0.95, sockets)).toBeLessThanOrEqual(WITHIN_MS);
  });

  it('continue when any of them is killed, and a restarted one knows the logouts that it missed', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const [victim, second, third] = three();
      const token = await replicas.logIn(victim);
      const socket = replicas.openSocket(third, token);
      await socket.next('connect');
      await replicas.kill(victim);
      await replicas.logOut(second);
      await replicas.refusedAt(third, token);
      await socket.next('disconnect');
      expect(socket.events).toEqual(['connect', 'logged-out', 'disconnect']);
      const back = await replicas.start();
      const missed = await fetch(`${back.url}/api/profile`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(missed.status).toBe(401);
    }
    await untilAll('up');
    await oneLogout();
  });

  it('learn of logouts by polling while the bus is stopped for ten seconds, and by the bus again afterwards', async () => {
    const start = await bus.stop(replicas.database);
    try {
      const stoppedAt = performance.now();
      await untilAll('down');
      while (performance.now() < stoppedAt + STOPPED_FOR_MS) {
        const { guardMs, notifiedMs } = await oneLogout();
        expect(Math.max(guardMs, notifiedMs)).toBeLessThan(3_000);
        await letTimePass(500);
      }
    } finally {
      await start();
    }
    await untilAll('up');
    await until('the bus is as fast as before', async () => (await oneLogout()).guardMs <= WITHIN_MS, 15_000);
    const again: number[] = [];
    for (let run = 0; run < 5; run += 1) again.push((await oneLogout()).guardMs);
    expect(p(0.5, again)).toBeLessThanOrEqual(WITHIN_MS);
    for (const { output } of replicas.running)
      expect(output.match(/until it is, replicas learn/g)).toHaveLength(1);
  });
});
