import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SqlConnection, SqlValue } from 'nestjs-meveto-logout';
import { databaseKind } from '../support/database.js';
import { until } from '../support/until.js';
import { cutOffTests, leakTests } from './executor-connections.contract.js';
import { ExecutorWorld, type OpenedExecutor, type OpenOptions } from './executor-world.js';

const LARGE_ID = '9007199254740993';

/**
 * The behaviour of every `ServerExecutor`, on the server of TEST_DATABASE_URL. On PostgreSQL, let `open` set the default isolation level of
 * its connections to another one than READ COMMITTED, so that the test of the level can fail.
 */
export function executorContract(
  library: string,
  open: (options: OpenOptions) => Promise<OpenedExecutor>,
): void {
  describe(`the executor of ${library} on ${databaseKind}`, () => {
    const world = new ExecutorWorld(open);
    beforeAll(() => world.start());
    afterAll(() => world.stop());
    beforeEach(() => world.empty());

    transactionTests(world);
    valueTests(world);
    errorTests(world);
    cutOffTests(world);
    leakTests(world);
  });
}

function transactionTests(world: ExecutorWorld): void {
  it('commits when the work is done, and resolves with its value', async () => {
    const value = await world.transaction(async (connection) => {
      await world.add(connection, 1);
      expect(await world.count('items')).toBe(0);
      return 'value';
    });
    expect(value).toBe('value');
    expect(await world.count('items')).toBe(1);
  });

  it('rolls back when the work fails, and rejects with the same error', async () => {
    const error = new Error('stop');
    const work = world.transaction(async (connection) => {
      await world.add(connection, 1);
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(await world.count('items')).toBe(0);
  });

  it('reads at READ COMMITTED, whatever the default of the database', async () => {
    await world.run('INSERT INTO counters (id, n) VALUES (1, 1)');
    const read = async (connection: SqlConnection) =>
      (await world.on(connection, 'SELECT n FROM counters WHERE id = 1')).rows[0]?.['n'];
    await world.transaction(async (connection) => {
      expect(await read(connection)).toBe(1);
      await world.run('UPDATE counters SET n = 2 WHERE id = 1');
      expect(await read(connection)).toBe(2);
    });
  });

  it('runs all statements of a transaction on one connection, which nothing else uses', async () => {
    const sessions = await Promise.all(
      [1, 2].map(() =>
        world.transaction(async (connection) => [
          await world.sessionOf(connection),
          await world.sessionOf(connection),
        ]),
      ),
    );
    for (const [first, second] of sessions) expect(second).toBe(first);
    expect(new Set(sessions.flat()).size).toBe(2);
  });

  it('begins a transaction of its own inside another one', async () => {
    const outer = world.transaction(async () => {
      await world.transaction((connection) => world.add(connection, 1));
      throw new Error('stop');
    });
    await expect(outer).rejects.toThrow('stop');
    expect(await world.count('items')).toBe(1);
  });
}

function valueTests(world: ExecutorWorld): void {
  it('counts matched rows as affected, also those that stay the same', async () => {
    const insert = 'INSERT INTO items (id, name) VALUES (?, ?), (?, ?)';
    const affected = await world.transaction(async (connection) => [
      (await world.on(connection, insert, [1, 'a', 2, 'a'])).affected,
      (await world.on(connection, 'UPDATE items SET name = ? WHERE name = ?', ['a', 'a'])).affected,
      (await world.on(connection, 'UPDATE items SET name = ? WHERE name = ?', ['b', 'none'])).affected,
      (await world.on(connection, 'DELETE FROM items WHERE name = ?', ['a'])).affected,
    ]);
    expect(affected).toEqual([2, 2, 0, 2]);
  });

  it.each<[string, SqlValue]>([
    ['text', '42'],
    ['a number', 42],
    ['a bigint', 42n],
  ])('takes %s where the column is a number', async (_name, id) => {
    await world.transaction((connection) => world.add(connection, id));
    const { rows } = await world.run('SELECT id FROM items WHERE id = ?', [id]);
    expect(rows.map((row) => String(row['id']))).toEqual(['42']);
  });

  it('returns large numbers without loss', async () => {
    await world.transaction((connection) => world.add(connection, LARGE_ID));
    const { rows } = await world.run('SELECT id FROM items');
    expect(String(rows[0]?.['id'])).toBe(LARGE_ID);
  });

  it.each(['it’s', "'; DROP TABLE items; --", '\\', '? ?? \\? :name $1 %s', 'é漢🙂'])(
    'stores the text %p unchanged',
    async (name) => {
      await world.transaction((connection) => world.add(connection, 1, name));
      const { rows } = await world.run('SELECT name FROM items WHERE name = ?', [name]);
      expect(rows).toEqual([{ name }]);
    },
  );

  it('stores null, truth values and instants', async () => {
    const at = new Date(1_767_225_600_123);
    const insert = 'INSERT INTO items (id, name, is_set, at_time) VALUES (?, ?, ?, ?)';
    await world.run(insert, [1, null, true, at]);
    const [row] = (await world.run('SELECT name, is_set, at_time FROM items')).rows;
    expect(row?.['name']).toBeNull();
    expect([true, 1]).toContain(row?.['is_set']);
    expect(new Date(row?.['at_time'] as Date | string)).toEqual(at);
  });

  it('leaves the text of a statement alone', async () => {
    await world.transaction((connection) => world.add(connection, 1));
    const { rows } = await world.run(
      "SELECT '12:30 :name ''x''' AS some_text, name AS \"camelCase\" FROM items WHERE id = ?".replaceAll(
        '"',
        world.isPostgres ? '"' : '`',
      ),
      [1],
    );
    expect(rows).toEqual([{ some_text: "12:30 :name 'x'", camelCase: null }]);
  });
}

function errorTests(world: ExecutorWorld): void {
  const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('names a unique violation and a value that does not fit', async () => {
    await world.transaction((connection) => world.add(connection, 1));
    const twice = await failureOf(world.transaction((connection) => world.add(connection, 1)));
    expect(world.executor.codeOf(twice)).toBe(world.isPostgres ? '23505' : 'ER_DUP_ENTRY');
    const large = world.transaction((connection) => world.add(connection, '99999999999999999999'));
    const code = world.executor.codeOf(await failureOf(large));
    expect(code).toBe(world.isPostgres ? '22003' : 'ER_WARN_DATA_OUT_OF_RANGE');
  });

  it('names no code of an error that the database did not report', () => {
    expect(world.executor.codeOf(new Error('other'))).toBeUndefined();
    expect(world.executor.codeOf(undefined)).toBeUndefined();
    expect(world.executor.codeOf(null)).toBeUndefined();
  });

  it('reports a deadlock, and runs no work twice', async () => {
    await world.run('INSERT INTO counters (id, n) VALUES (1, 0), (2, 0)');
    let runCount = 0;
    let lockedCount = 0;
    const lockBoth = (first: number, second: number) =>
      world.transaction(async (connection) => {
        runCount += 1;
        const add = (id: number) => world.on(connection, 'UPDATE counters SET n = n + 1 WHERE id = ?', [id]);
        await add(first);
        lockedCount += 1;
        await until('both have one lock', () => lockedCount === 2, 5_000);
        await add(second);
      });
    const endings = await Promise.all([lockBoth(1, 2), lockBoth(2, 1)].map(failureOf));
    const [error, ...others] = endings.filter((ending) => ending !== undefined);
    expect(others).toEqual([]);
    expect(world.executor.codeOf(error)).toBe(world.isPostgres ? '40P01' : 'ER_LOCK_DEADLOCK');
    expect(runCount).toBe(2);
  });
}
