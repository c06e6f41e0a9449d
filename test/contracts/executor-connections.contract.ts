import { expect, it } from '@jest/globals';
import { SilentProxy } from '../support/network/silent-proxy.js';
import { until } from '../support/until.js';
import { type ExecutorWorld, limits, POOL_SIZE } from './executor-world.js';

const FAILED_COUNT = 200;

const sleepOn = ({ isPostgres }: ExecutorWorld): string =>
  isPostgres ? 'SELECT pg_sleep(30)' : 'SELECT SLEEP(30)';

/** Waits until the work has ended. */
async function endingOf(work: Promise<unknown>): Promise<string> {
  let ending = '';
  work.then(
    () => (ending = 'resolved'),
    () => (ending = 'rejected'),
  );
  return until('the work has ended', () => ending, 3_000);
}

/** How an executor closes connections, and gives them back. */
export function cutOffTests(world: ExecutorWorld): void {
  it('does not begin when the store has already given up', async () => {
    let isBegun = false;
    const work = () => Promise.resolve((isBegun = true));
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(world.executor.transaction(work, limits(signal))).rejects.toThrow('too late');
    await expect(world.executor.connection(work, limits(signal))).rejects.toThrow('too late');
    expect(isBegun).toBe(false);
    await world.useWholePool();
  });

  it('does not begin when the store gave up while it waited for a connection', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let busyCount = 0;
    const busy = Array.from({ length: POOL_SIZE }, () =>
      world.transaction(async (connection) => {
        await world.sessionOf(connection);
        busyCount += 1;
        await released;
      }),
    );
    await until('all connections are in use', () => busyCount === POOL_SIZE, 5_000);
    const late = new AbortController();
    let isBegun = false;
    const waiting = world.transaction(() => Promise.resolve((isBegun = true)), late.signal);
    late.abort(new Error('too late'));
    release();
    await Promise.all(busy);
    await expect(waiting).rejects.toThrow('too late');
    expect(isBegun).toBe(false);
    await world.useWholePool();
  });

  it.each(['transaction', 'connection'] as const)(
    'closes a %s whose statement hangs, and the pool replaces it',
    async (kind) => {
      if (!world.executor.canCutOff) return;
      const late = new AbortController();
      const work = world.executor[kind](
        (connection) => world.on(connection, sleepOn(world)),
        limits(late.signal),
      );
      setTimeout(() => {
        late.abort(new Error('too late'));
      }, 200);
      expect(await endingOf(work)).toBe('rejected');
      await world.useWholePool();
    },
  );

  it('closes connections whose network is silent, and the pool replaces them', async () => {
    if (!world.executor.canCutOff) return;
    const proxy = await SilentProxy.start(world.url);
    const opened = await world.openAt(proxy.instead(world.url));
    const { executor } = opened;
    await world.useWholePool(executor);
    proxy.fallSilent();
    const late = new AbortController();
    const lost = Array.from({ length: POOL_SIZE }, () =>
      executor.transaction((connection) => world.sessionOf(connection), limits(late.signal)),
    );
    setTimeout(() => {
      late.abort(new Error('too late'));
    }, 200);
    expect(await Promise.all(lost.map(endingOf))).toEqual(lost.map(() => 'rejected'));
    proxy.heal();
    await world.useWholePool(executor);
    await executor.close?.();
    await opened.close();
    await proxy.stop();
  });
}

/** What is left of failed transactions. */
export function leakTests(world: ExecutorWorld): void {
  it(`keeps no connection and no transaction after ${String(FAILED_COUNT)} failed ones`, async () => {
    await world.transaction((connection) => world.add(connection, 1));
    const fail = async (index: number) =>
      world.transaction(async (connection) => {
        await world.add(connection, index + 2);
        if (index % 2 === 0) throw new Error('stop');
        await world.add(connection, 1);
      });
    const endings = await Promise.allSettled(Array.from({ length: FAILED_COUNT }, (_, index) => fail(index)));
    expect(endings.filter(({ status }) => status === 'rejected')).toHaveLength(FAILED_COUNT);
    expect(await world.count('items')).toBe(1);
    expect(await world.count(world.isPostgres ? OPEN_ON_POSTGRES : OPEN_ON_MYSQL)).toBe(0);
    await world.useWholePool();
  });
}

const OPEN_ON_POSTGRES =
  "pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
const OPEN_ON_MYSQL =
  'information_schema.innodb_trx JOIN information_schema.processlist ON id = trx_mysql_thread_id WHERE db = DATABASE()';
