import type { SqliteConnection, SqliteExecutor } from '../sql/executor.js';

/** The class `Database` of better-sqlite3, or of a package with the same interface. */
export type SqliteDatabaseClass<D extends SqliteConnection = SqliteConnection> = new (
  file: string,
  options: { timeout: number; nativeBinding?: string },
) => D;

export interface SqliteFileOptions<D extends SqliteConnection = SqliteConnection> {
  /** Path of the database file. */
  readonly file: string;
  /** Path of the native addon, as in the options of better-sqlite3. */
  readonly nativeBinding?: string;
  /** Prepares a new connection as the application prepares its own: encryption key, functions. */
  readonly prepare?: (database: D) => void | Promise<void>;
  /** @defaultValue that of better-sqlite3 */
  readonly Database?: SqliteDatabaseClass<D>;
}

/** The part of better-sqlite3's `Database` that says which database is open. */
interface OpenDatabase extends SqliteConnection {
  readonly name: string;
  readonly memory: boolean;
}

/**
 * Opens the application's SQLite file once more for the store, with better-sqlite3. Knex, Kysely and Drizzle use the same library.
 * @param source the file; or the application's own `Database`, which the store shares if it is in memory
 */
export function sqliteFile<D extends SqliteConnection>(
  source: SqliteFileOptions<D> | OpenDatabase,
): SqliteExecutor {
  const name = 'better-sqlite3';
  if (!('memory' in source)) return { name, database: 'sqlite', open: () => openFile(source) };
  if (source.memory) return { name, database: 'sqlite', sharesConnection: true, open: () => source };
  const { name: file, constructor } = source;
  return {
    name,
    database: 'sqlite',
    open: () => openFile({ file, Database: constructor as SqliteDatabaseClass }),
  };
}

async function openFile<D extends SqliteConnection>(options: SqliteFileOptions<D>): Promise<D> {
  const { file, nativeBinding, prepare } = options;
  const DatabaseClass = options.Database ?? (await betterSqlite3<D>());
  const database = new DatabaseClass(file, {
    timeout: 0,
    ...(nativeBinding !== undefined && { nativeBinding }),
  });
  try {
    await prepare?.(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

async function betterSqlite3<D extends SqliteConnection>(): Promise<SqliteDatabaseClass<D>> {
  const { default: Database } = await import('better-sqlite3');
  return Database as unknown as SqliteDatabaseClass<D>;
}
