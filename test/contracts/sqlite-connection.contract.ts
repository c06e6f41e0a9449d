import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { ConfigurationError } from 'nestjs-meveto-logout';
import { mevetoLogoutEntities, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { AccessToken, User } from '../support/hosts/host-app.js';
import { incoming } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { connectHost, contextOf, mapping, openTypeOrmStore } from './typeorm-opened-store.js';

@Entity('access_tokens', { database: 'tokens.sqlite' })
class TokenElsewhere {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'int', name: 'user_id' })
  userId!: number;

  @Column({ type: 'bigint', name: 'signed_in_at' })
  signedInAt!: number;
}

/** The module's own connection to a SQLite file, opened as the application's connection. */
export function sqliteConnectionContract(): void {
  describe('the module’s own connection to a SQLite file', () => {
    const connections: { database: Database; options: BetterSqlite3.Options | undefined }[] = [];
    let database: TestDatabase;
    class Recorded extends BetterSqlite3 {
      constructor(file?: string, options?: BetterSqlite3.Options) {
        super(file, options);
        connections.push({ database: this, options });
      }
    }
    const connectionWith = (options: object) =>
      ({ ...database.connection, driver: Recorded, ...options }) as DataSourceOptions;
    beforeEach(async () => {
      connections.length = 0;
      database = await createTestDatabase();
    });
    afterEach(() => database.drop());

    it('is prepared as the application’s connection, but never waits for a lock', async () => {
      const noted: unknown[] = [];
      const prepareDatabase = async (connection: Database) => {
        await Promise.resolve();
        connection.function('note', (id) => void noted.push(id));
        connection.pragma('journal_mode = WAL');
        connection.pragma('synchronous = OFF');
        connection.pragma('busy_timeout = 3000');
      };
      const connection = connectionWith({ prepareDatabase });
      const opened = await openTypeOrmStore({ connection, drop: () => Promise.resolve() });
      try {
        await opened.dataSource.query(
          'CREATE TRIGGER noted AFTER UPDATE ON users BEGIN SELECT note(NEW.id); END',
        );
        await opened.addUser(7, 'm-7');
        await opened.store.inbox.receive([incoming('a')]);
        const [job] = await opened.store.inbox.claim(1, 10_000);
        if (job === undefined) throw new Error('nothing to claim');
        expect((await opened.store.logoutStore.applyLogout(job, 'm-7')).kind).toBe('applied');
        expect(noted).toEqual([7]);
        const own = connections.at(-1)?.database;
        expect(own?.pragma('busy_timeout', { simple: true })).toBe(0);
        expect(own?.pragma('synchronous', { simple: true })).toBe(2);
      } finally {
        await opened.close();
      }
    });

    it('uses the native binding of the application’s options', async () => {
      const nativeBinding = createRequire(import.meta.url).resolve(
        'better-sqlite3/build/Release/better_sqlite3.node',
      );
      const connection = connectionWith({ nativeBinding });
      const opened = await openTypeOrmStore({ connection, drop: () => Promise.resolve() });
      await opened.close();
      expect(connections.map(({ options }) => options?.nativeBinding)).toEqual([
        nativeBinding,
        nativeBinding,
      ]);
    });

    it('is closed when the start fails', async () => {
      const dataSource = await connectHost(connectionWith({}), [User]);
      await dataSource.query('DROP TABLE users');
      await dataSource.query('CREATE TABLE users (id, meveto_id NOT NULL, last_logged_in, last_logged_out)');
      const store = typeOrmStore({ user: mapping.user }).create(contextOf(dataSource));
      await expect(store.connect()).rejects.toThrow(ConfigurationError);
      expect(connections.map((each) => each.database.open)).toEqual([true, false]);
      await dataSource.destroy();
    });

    it.each(['by its entity', 'by prepareDatabase'])(
      'refuses tables in a file that is attached %s',
      async (how) => {
        const isByEntity = how === 'by its entity';
        const elsewhere = new BetterSqlite3(`${String(database.connection.database)}-2`);
        elsewhere.exec('CREATE TABLE access_tokens (id, user_id, signed_in_at BIGINT, revoked_at BIGINT)');
        elsewhere.close();
        const prepareDatabase = (connection: Database) => {
          connection.exec(`ATTACH '${String(database.connection.database)}-2' AS elsewhere`);
        };
        const accessTokens = {
          entity: isByEntity ? TokenElsewhere : AccessToken,
          userId: 'userId',
          issuedAt: 'signedInAt',
        };
        const before = await connectHost(database.connection, [User]);
        await before.destroy();

        const dataSource = await new DataSource({
          ...database.connection,
          ...(!isByEntity && { prepareDatabase }),
          entities: [User, accessTokens.entity, ...mevetoLogoutEntities],
        }).initialize();
        const store = typeOrmStore({ user: mapping.user, accessTokens }).create(contextOf(dataSource));
        const error: unknown = await store.connect().catch((fault: unknown) => fault);
        await store.close();
        await dataSource.destroy();
        if (!(error instanceof ConfigurationError)) throw new Error('it started', { cause: error });
        expect(error.faults).toEqual([
          expect.stringMatching(/^store: the table .*"access_tokens" lies in an attached file/),
        ]);
      },
    );
  });
}
