import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPool, type PoolOptions } from 'mysql2';
import {
  ConfigurationError,
  schemaSteps,
  type ServerExecutor,
  type SqlConnection,
  sqlStore,
  type Store,
} from 'nestjs-meveto-logout';
import { mysql2Executor } from 'nestjs-meveto-logout/executors';
import type { StoreContext } from '../../libs/meveto-logout/src/store/index.js';
import { databaseKind } from '../support/database.js';
import { ExecutorWorld, limits, type OpenedExecutor, type OpenOptions } from './executor-world.js';

const hostTables = {
  users: {
    table: 'users',
    id: 'id',
    mevetoId: 'meveto_id',
    lastLoggedIn: 'last_logged_in',
    lastLoggedOut: 'last_logged_out',
  },
};

const storeOn = (executor: ServerExecutor): Store =>
  sqlStore({ executor, hostTables }).create({
    storeTimeoutMs: 2_500,
    digestSubject: (mevetoId: string) => mevetoId,
    earlierDigestsOfSubject: (): string[] => [],
  } as unknown as StoreContext);

/** The same executor with another number of affected rows. */
const counting = (executor: ServerExecutor, affectedOf: (affected: number) => number): ServerExecutor => {
  const counted = (connection: SqlConnection): SqlConnection => ({
    async query(sql, params) {
      const { rows, affected } = await connection.query(sql, params);
      return { rows, affected: affectedOf(affected) };
    },
  });
  return {
    database: executor.database,
    placeholders: executor.placeholders,
    canCutOff: executor.canCutOff,
    transaction: (work, limits) => executor.transaction((connection) => work(counted(connection)), limits),
    connection: (work, limits) => executor.connection((connection) => work(counted(connection)), limits),
    codeOf: (error) => executor.codeOf(error),
  };
};

/** What a store finds out about its executor when it starts. */
export function executorStartContract(open: (options: OpenOptions) => Promise<OpenedExecutor>): void {
  describe(`a store that starts on an executor for ${databaseKind}`, () => {
    let world: ExecutorWorld;
    let closing: (() => Promise<void>)[];
    beforeEach(async () => {
      closing = [];
      world = new ExecutorWorld(open);
      await world.start();
      await world.run(
        'CREATE TABLE users (id varchar(64) PRIMARY KEY, meveto_id varchar(64) UNIQUE, last_logged_in bigint, last_logged_out bigint)',
      );
      for (const { statements } of schemaSteps(world.executor.database))
        for (const statement of statements) await world.run(statement);
    });
    afterEach(async () => {
      for (const close of closing) await close();
      await world.stop();
    });

    const faultsOf = async (executor: ServerExecutor): Promise<readonly string[]> => {
      const error: unknown = await storeOn(executor)
        .connect()
        .catch((fault: unknown) => fault);
      if (!(error instanceof ConfigurationError)) throw new Error('it started', { cause: error });
      return error.faults;
    };

    const mysql2With = (options: PoolOptions, sqlMode?: string): ServerExecutor => {
      const pool = createPool({ uri: world.url, connectionLimit: 3, ...options });
      if (sqlMode !== undefined)
        pool.on('connection', (connection) => {
          connection.query(`SET SESSION sql_mode = CONCAT(@@sql_mode, ',${sqlMode}')`);
        });
      closing.push(() => pool.promise().end());
      return mysql2Executor(pool);
    };

    it('accepts an executor that counts matched rows, and leaves no row of the check', async () => {
      const store = storeOn(world.executor);
      await store.connect();
      expect(await world.count('meveto_logout_leases')).toBe(0);
    });

    it('refuses an executor that reports no affected rows', async () => {
      expect(await faultsOf(counting(world.executor, () => 0))).toEqual([
        expect.stringContaining('the executor reported 0 affected rows'),
      ]);
    });

    if (databaseKind === 'PostgreSQL') return;

    it('refuses mysql2 without the flag FOUND_ROWS', async () => {
      expect(await faultsOf(mysql2With({ flags: ['-FOUND_ROWS'] }))).toEqual([
        expect.stringMatching(/reported 0 affected rows .* keep the flag FOUND_ROWS/),
      ]);
    });

    it('refuses mysql2 with the SQL mode NO_BACKSLASH_ESCAPES, in which a text can change a statement', async () => {
      const executor = mysql2With({}, 'NO_BACKSLASH_ESCAPES');
      const { rows } = await executor.connection(
        (connection) => connection.query('SELECT ? AS some_text', ["' OR 1=1 -- "]),
        limits(),
      );
      expect(Object.values(rows[0] ?? {})).toEqual([1]);
      expect(await faultsOf(executor)).toEqual([
        expect.stringMatching(
          /^store: the executor returned "\\\\\\\\" for a text of one backslash\..*Remove NO_BACKSLASH/,
        ),
      ]);
    });

    it.each(['ANSI_QUOTES', 'PIPES_AS_CONCAT', 'PAD_CHAR_TO_FULL_LENGTH'])(
      'starts with the SQL mode %s, and finds ids with quotes and backslashes',
      async (sqlMode) => {
        const store = storeOn(mysql2With({}, sqlMode));
        await store.connect();
        for (const id of ["it's", '"', '\\', "\\'", "' OR 1=1 -- ", '`;\n']) {
          await world.run('INSERT INTO users (id, meveto_id) VALUES (?, ?)', [id, `m-${id}`]);
          await store.logoutStore.recordLogin(id, undefined);
          const { rows } = await world.run('SELECT id FROM users WHERE last_logged_in IS NOT NULL');
          expect(rows).toEqual([{ id }]);
          await world.run('DELETE FROM users');
        }
      },
    );
  });
}
