import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import Database from 'better-sqlite3';
import {
  bearerToken,
  ConfigurationError,
  MevetoLogoutModule,
  MevetoLogoutService,
  schemaSteps,
  type SqliteExecutor,
  sqlStore,
  type TableNames,
} from 'nestjs-meveto-logout';
import { CLIENT_ID, CLIENT_SECRET } from '../support/hosts/host-app.js';

const NAMES = { prefix: 'app_', tables: { jobs: 'inbox' } } satisfies TableNames;

/** An application without TypeORM: its tables are known by name, and an executor opens its file. */
describe('the store in an application without TypeORM', () => {
  let folder: string;
  let database: Database.Database;
  let executor: SqliteExecutor;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meveto-logout-'));
    const file = join(folder, 'app.sqlite');
    database = new Database(file);
    database.pragma('journal_mode = WAL');
    database.exec(
      `CREATE TABLE users (id INTEGER PRIMARY KEY, meveto_id TEXT UNIQUE, last_logged_in INTEGER, last_logged_out INTEGER);
       INSERT INTO users (id, meveto_id) VALUES (1, 'm-1')`,
    );
    executor = { database: 'sqlite', open: () => new Database(file, { timeout: 0 }) };
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start() {
    @Module({
      imports: [
        MevetoLogoutModule.forRoot({
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          apiUrl: 'http://127.0.0.1:9',
          session: bearerToken({ verify: () => undefined }),
          store: sqlStore({
            executor,
            tables: NAMES,
            hostTables: {
              users: {
                table: 'users',
                id: 'id',
                mevetoId: 'meveto_id',
                lastLoggedIn: 'last_logged_in',
                lastLoggedOut: 'last_logged_out',
              },
            },
          }),
        }),
      ],
    })
    class AppModule {}
    const app = (await Test.createTestingModule({ imports: [AppModule] }).compile()).createNestApplication();
    return app.init();
  }

  it('records logins and logouts in the tables that the options name', async () => {
    for (const { statements } of schemaSteps('sqlite', NAMES))
      for (const statement of statements) database.exec(statement);
    const app = await start();
    try {
      const service = app.get(MevetoLogoutService);
      const { signedInAt } = await service.recordLogin('1');
      const logout = await service.logOut('1', { reason: 'password-change' });
      expect(logout.loggedOutAt).toBeGreaterThanOrEqual(signedInAt);
      expect(database.prepare('SELECT * FROM users').get()).toEqual({
        id: 1,
        meveto_id: 'm-1',
        last_logged_in: signedInAt,
        last_logged_out: logout.loggedOutAt,
      });
      expect(database.prepare('SELECT user_id FROM app_meveto_logout_logouts').pluck().all()).toContain('1');
      expect((await service.status()).calls.pending).toBe(0);
    } finally {
      await app.close();
    }
  });

  it('names the function that creates missing tables', async () => {
    const error: unknown = await start().catch((fault: unknown) => fault);
    expect((error as ConfigurationError).faults).toEqual([
      "store: the module’s tables cannot be read. Create them: run the statements of schemaSteps('sqlite'), with the same names as in " +
        'the option `tables`. The database says: no such table: inbox',
    ]);
  });
});
