import type { Database } from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { SqliteExecutor } from '../sql/executor.js';

const IN_MEMORY = new Set(['', ':memory:']);

/** The used parts of TypeORM's driver: the library and the application's open connection. */
interface BetterSqlite3Parts {
  readonly sqlite: new (file: string, options: { timeout: number; nativeBinding?: string }) => Database;
  readonly databaseConnection: Database;
}

/** The options of TypeORM's driver for opening a connection. */
interface SqliteOptions {
  readonly key?: string;
  readonly nativeBinding?: string;
  readonly prepareDatabase?: (database: Database) => void | Promise<void>;
}

/** Opens the database file of a DataSource, or lends its connection if the database is in memory. */
export function typeOrmSqliteExecutor(dataSource: DataSource): SqliteExecutor {
  const driver = dataSource.driver as unknown as BetterSqlite3Parts;
  const file = driver.databaseConnection.name;
  if (IN_MEMORY.has(file)) {
    return { database: 'sqlite', sharesConnection: true, open: () => driver.databaseConnection };
  }
  return { database: 'sqlite', open: () => openAgain(driver, file, dataSource.options as SqliteOptions) };
}

async function openAgain(
  driver: BetterSqlite3Parts,
  file: string,
  { nativeBinding, key, prepareDatabase }: SqliteOptions,
): Promise<Database> {
  const database = new driver.sqlite(file, {
    timeout: 0,
    ...(nativeBinding !== undefined && { nativeBinding }),
  });
  try {
    // As TypeORM's driver does, because triggers and indices may need functions that `prepareDatabase` defines.
    if (key !== undefined) database.pragma(`key = ${JSON.stringify(key)}`);
    await prepareDatabase?.(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
