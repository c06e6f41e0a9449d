import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describeDatabase } from '../config/database-target.js';
import type { DemoConfig } from '../config/demo-config.js';
import { seedUsers } from '../users/seed-users.js';
import { withDatabaseLock } from './database-lock.js';
import { DatabaseStartError } from './database-start-error.js';
import { mayStillStart } from './database-starting.js';

/** A server may still be starting. A file may still be locked by the previous process. */
const ATTEMPTS = { sqlite: 5, postgres: 15, mysql: 15 };
const PAUSE_MS = 1_000;

const logger = new Logger('Database');

/**
 * Connects, runs the migrations and seeds the demo's users. Safe when several replicas start at once. Waits for a
 * database that is still starting.
 * @throws {DatabaseStartError} when the database cannot be used
 */
export async function openDatabase(config: DemoConfig, options: DataSourceOptions): Promise<DataSource> {
  const attempts = ATTEMPTS[config.database.kind];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(config, options);
    } catch (cause) {
      if (attempt === attempts || !mayStillStart(cause)) {
        throw new DatabaseStartError(describeDatabase(config.database), { cause });
      }
      if (attempt === 1) logger.warn(`Waiting for the database (${describeDatabase(config.database)})`);
      await sleep(PAUSE_MS);
    }
  }
}

async function openOnce(config: DemoConfig, options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  await dataSource.initialize();
  try {
    await withDatabaseLock(dataSource, async () => {
      await dataSource.runMigrations();
      await seedUsers(dataSource, config.demoUsers);
    });
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}
