import type { OwnTable } from './table-names.js';

export interface OwnColumn {
  readonly name: string;
  readonly type: 'text' | 'smallint' | 'integer' | 'bigint' | `varchar(${number})`;
  readonly isNullable: boolean;
}

export interface OwnIndex {
  /** The last part of the index's name. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly isUnique: boolean;
  /** The condition of a partial index: other rows cost no writes. MariaDB and MySQL have no partial indexes, and index all rows. */
  readonly where?: string;
}

export interface OwnTableDefinition {
  readonly table: OwnTable;
  readonly primaryKey: OwnColumn;
  /** The other columns. */
  readonly columns: readonly OwnColumn[];
  readonly indexes: readonly OwnIndex[];
}

const column = (name: string, type: OwnColumn['type']): OwnColumn => ({ name, type, isNullable: false });
const optional = (name: string, type: OwnColumn['type']): OwnColumn => ({ name, type, isNullable: true });
const unique = (name: string, columns: readonly string[]): OwnIndex => ({ name, columns, isUnique: true });
const index = (name: string, columns: readonly string[]): OwnIndex => ({ name, columns, isUnique: false });
const only = (where: string, each: OwnIndex): OwnIndex => ({ ...each, where });

/** The columns are explained in store/typeorm/entities.ts, which maps the same tables. */
export const OWN_TABLE_DEFINITIONS: readonly OwnTableDefinition[] = [
  {
    table: 'jobs',
    primaryKey: column('id', 'varchar(64)'),
    columns: [
      column('digest', 'varchar(64)'),
      optional('source_id', 'varchar(191)'),
      column('kind', 'varchar(64)'),
      column('state', 'varchar(32)'),
      optional('sealed', 'text'),
      column('priority', 'smallint'),
      optional('sender', 'varchar(64)'),
      column('received_at', 'bigint'),
      column('occurred_at', 'bigint'),
      column('due_at', 'bigint'),
      column('fence', 'integer'),
      column('attempts', 'integer'),
      column('unknown_attempts', 'integer'),
      column('client_errors', 'integer'),
      optional('finished_at', 'bigint'),
      optional('listed_at', 'bigint'),
      optional('reason', 'varchar(64)'),
      optional('subject_digest', 'varchar(64)'),
      optional('user_id', 'varchar(191)'),
      optional('other_user_ids', 'text'),
    ],
    indexes: [
      unique('digest', ['digest']),
      only('source_id IS NOT NULL', unique('source', ['source_id'])),
      only("state = 'pending'", index('due', ['state', 'priority', 'due_at', 'kind'])),
      only('finished_at IS NOT NULL', index('finished', ['state', 'finished_at'])),
      only('subject_digest IS NOT NULL', index('subject', ['subject_digest', 'kind', 'occurred_at'])),
    ],
  },
  {
    table: 'logouts',
    primaryKey: column('user_id', 'varchar(191)'),
    columns: [
      column('logged_out_at', 'bigint'),
      column('committed_at', 'bigint'),
      optional('reason', 'varchar(32)'),
    ],
    indexes: [index('committed', ['committed_at'])],
  },
  {
    table: 'leases',
    primaryKey: column('name', 'varchar(64)'),
    columns: [column('holder', 'varchar(64)'), column('leased_until', 'bigint')],
    indexes: [],
  },
  {
    table: 'senders',
    primaryKey: column('sender', 'varchar(64)'),
    columns: [column('confirmed_at', 'bigint')],
    indexes: [],
  },
  {
    table: 'keys',
    primaryKey: column('name', 'varchar(64)'),
    columns: [column('material', 'varchar(64)')],
    indexes: [],
  },
];
