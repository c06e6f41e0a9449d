import type { ServerExecutor, SqlConnection } from '../../store/index.js';
import type { OpenedSqlStore } from './opened-sql-store.js';
import type { Tests } from './tests.js';

const DEADLINE_MS = 3_000;
const PAUSE_MS = 50;
const LIMITS = { timeoutMs: 10_000, signal: new AbortController().signal };

/** The transactions of an executor for a server. SQLite has no connection to lose: there these tests do nothing. */
export function serverTransactions({ describe, expect, it }: Tests, current: () => OpenedSqlStore): void {
  describe('a transaction on a server', () => {
    it('rolls back when the work fails, and rejects with the same error', async () => {
      const server = serverOf(current());
      if (server === undefined) return;
      const error = new Error('stop');
      const ending = await endingOf(
        server.transaction(async (connection) => {
          await connection.query(insertUser(current(), 1), []);
          throw error;
        }, LIMITS),
      );
      expect(ending).toBe(error);
      expect(await current().mevetoIdOf(1)).toBeNull();
    });

    it('ends with its connection, and the work runs no further statement', async () => {
      const server = serverOf(current());
      if (server === undefined) return;
      const endings: unknown[] = [];
      const transaction = server.transaction(async (connection) => {
        await connection.query(insertUser(current(), 1), []);
        await endConnection(server, connection);
        for (const id of [2, 3])
          endings.push(await endingOf(connection.query(insertUser(current(), id), [])));
        throw new Error('stop');
      }, LIMITS);
      expect(await endingOf(transaction)).toBeInstanceOf(Error);
      expect(endings.map((ending) => ending instanceof Error)).toEqual([true, true]);
      await expectNoUsers();
    });

    it('rejects when its connection ends before the COMMIT', async () => {
      const server = serverOf(current());
      if (server === undefined) return;
      const transaction = server.transaction(async (connection) => {
        await connection.query(insertUser(current(), 1), []);
        await endConnection(server, connection);
      }, LIMITS);
      expect(await endingOf(transaction)).toBeInstanceOf(Error);
      await expectNoUsers();
    });

    /** Also shows that the next transaction works. */
    const expectNoUsers = async (): Promise<void> => {
      for (const id of [1, 2, 3]) expect(await current().mevetoIdOf(id)).toBeNull();
      await current().addUser(4, 'm-4');
      expect(await current().mevetoIdOf(4)).toBe('m-4');
    };
  });
}

const serverOf = ({ executor }: OpenedSqlStore): ServerExecutor | undefined =>
  executor.database === 'sqlite' ? undefined : executor;

const insertUser = ({ usersTable }: OpenedSqlStore, id: number): string =>
  `INSERT INTO ${usersTable} (id, meveto_id) VALUES (${String(id)}, 'm-${String(id)}')`;

/** The error of a promise; a text if it does not reject in time. */
function endingOf(promise: Promise<unknown>): Promise<unknown> {
  const work = promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  const tooLate = new Promise((resolve) => {
    setTimeout(resolve, DEADLINE_MS, 'never settled').unref();
  });
  return Promise.race([work, tooLate]);
}

const SQL = {
  postgres: {
    session: 'SELECT pg_backend_pid() AS session',
    end: (session: string) => `SELECT pg_terminate_backend(${session}) AS ended`,
    count: (session: string) => `SELECT COUNT(*) AS n FROM pg_stat_activity WHERE pid = ${session}`,
  },
  mysql: {
    session: 'SELECT CONNECTION_ID() AS session',
    end: (session: string) => `KILL ${session}`,
    count: (session: string) =>
      `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE id = ${session}`,
  },
};

/** Lets the server end this connection, by another one, and waits until the library can have learned of it. */
async function endConnection(server: ServerExecutor, connection: SqlConnection): Promise<void> {
  const sql = SQL[server.database];
  const { rows } = await connection.query(sql.session, []);
  const session = String(Number(rows[0]?.['session']));
  await server.connection(async (other) => {
    await other.query(sql.end(session), []);
    for (let tries = DEADLINE_MS / PAUSE_MS; tries > 0; tries -= 1) {
      await pause();
      const left = await other.query(sql.count(session), []);
      if (Number(left.rows[0]?.['n']) === 0) return;
    }
    throw new Error(`The server has not ended the connection ${session}.`);
  }, LIMITS);
  await pause();
}

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, PAUSE_MS);
  });
