import { ConfigurationError } from '../../core/index.js';
import type { ServerExecutor } from '../sql/executor.js';
import { mysql2Executor, type Mysql2Pool } from './mysql2-executor.js';
import { pgExecutor, type PgPool } from './pg-executor.js';

/** The part of a Drizzle database that the executor uses. */
export interface DrizzleDatabase {
  readonly $client: unknown;
}

/**
 * Runs the store on the pool of a Drizzle database: `drizzle-orm/node-postgres` with a `Pool` of pg, `drizzle-orm/neon-serverless`
 * with its `Pool`, or `drizzle-orm/mysql2` with a pool of mysql2 or mysql2/promise. Statements go to the pool itself, because
 * Drizzle adds all parameters to the message of an error.
 * @throws {ConfigurationError} when the database has another client, or a single connection instead of a pool
 */
export function drizzleExecutor(db: DrizzleDatabase): ServerExecutor {
  const pool = db.$client;
  if (isPgPool(pool)) return named(pgExecutor(pool));
  if (isMysql2Pool(pool)) return named(mysql2Executor(pool));
  throw new ConfigurationError([
    'store: drizzleExecutor got a database without a pool of pg or mysql2. Pass drizzle(…) a pool of these, or write an executor for ' +
      'your driver. For SQLite use sqliteFile().',
  ]);
}

const named = (executor: ServerExecutor): ServerExecutor => Object.assign(executor, { name: 'Drizzle' });

/** A single connection of pg has `connect`, too, but does not count connections. */
const isPgPool = (client: unknown): client is PgPool =>
  hasMethod(client, 'connect') && typeof (client as { totalCount?: unknown }).totalCount === 'number';

const isMysql2Pool = (client: unknown): client is Mysql2Pool => hasMethod(client, 'getConnection');

const hasMethod = (value: unknown, name: string): boolean =>
  typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function';
