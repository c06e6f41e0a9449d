import type { DataSource } from 'typeorm';
import { quotedName } from '../sql/table-names.js';
import { databaseKindOf } from './database-kind-of.js';

/** The driver of TypeORM 0.3 does not escape quotes within a name. */
export const quoted = (dataSource: DataSource, name: string): string =>
  quotedName(databaseKindOf(dataSource), name);

export const quotedPath = (dataSource: DataSource, path: string): string =>
  path
    .split('.')
    .map((part) => quoted(dataSource, part))
    .join('.');
