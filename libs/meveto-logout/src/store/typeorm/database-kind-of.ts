import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../../core/index.js';
import type { DatabaseKind } from '../sql/database-kind.js';

/** @throws {ConfigurationError} when the DataSource has a database that the store does not support */
export function databaseKindOf({ options: { type } }: DataSource): DatabaseKind {
  if (type === 'better-sqlite3') return 'sqlite';
  if (type === 'postgres') return 'postgres';
  if (type === 'mysql' || type === 'mariadb') return 'mysql';
  throw new ConfigurationError([
    `store: got a DataSource of type '${type}', expected 'better-sqlite3', 'postgres', 'mysql' or 'mariadb'.`,
  ]);
}
