import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import type { ConfigurationError } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { createTestDatabase, databaseKind, type TestDatabase } from '../support/database.js';
import { connectHost, contextOf, mapping } from './typeorm-opened-store.js';

/** The start on a server that may lose committed data. */
export function serverDurabilityContract(): void {
  describe(`starting on ${databaseKind}`, () => {
    let database: TestDatabase;
    let warn: jest.SpiedFunction<typeof Logger.prototype.warn>;
    beforeEach(async () => {
      warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      database = await createTestDatabase();
    });
    afterEach(() => {
      warn.mockRestore();
      return database.drop();
    });

    async function start(connection: DataSourceOptions): Promise<readonly unknown[]> {
      const dataSource = await connectHost(connection);
      try {
        await typeOrmStore(mapping).create(contextOf(dataSource)).connect();
        return warn.mock.calls.map(([message]) => message as unknown);
      } finally {
        await dataSource.destroy();
      }
    }

    it('does not warn when commits are on disk', async () => {
      expect(await start(database.connection)).toEqual([]);
    });

    if (databaseKind === 'MariaDB/MySQL') {
      it('refuses tables whose engine has no transactions, with the remedy', async () => {
        const dataSource = await connectHost(database.connection);
        try {
          await dataSource.query('ALTER TABLE users ENGINE = MyISAM');
          await dataSource.query('ALTER TABLE meveto_logout_logouts ENGINE = MEMORY');
          const started = typeOrmStore(mapping).create(contextOf(dataSource)).connect();
          const fault = (await started.catch((error: unknown) => error)) as ConfigurationError;
          expect(fault.faults).toEqual([
            expect.stringContaining('`meveto_logout_logouts` uses the engine MEMORY'),
            'store: the table `users` uses the engine MyISAM, which has no transactions: a logout could be written in part. ' +
              'Change it: ALTER TABLE `users` ENGINE = InnoDB.',
          ]);
        } finally {
          await dataSource.destroy();
        }
      });
    }

    if (databaseKind === 'PostgreSQL') {
      it('warns when commits are reported before they are on disk, with the remedy', async () => {
        const { extra } = database.connection as { extra?: object };
        const connection = {
          ...database.connection,
          extra: { ...extra, options: '-c synchronous_commit=off' },
        };
        expect(await start(connection as DataSourceOptions)).toEqual([
          '[MEVETO_STORE_CHECK] PostgreSQL runs with synchronous_commit = off: turn it on, for this application’s role at least. ' +
            'An acknowledged logout could be lost with the server.',
        ]);
      });
    }
  });
}
