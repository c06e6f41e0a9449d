import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const text = (name: string, length: number, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
  ...more,
});
const instant = (name: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'bigint',
  ...more,
});

const USERS = new Table({
  name: 'users',
  columns: [
    { name: 'id', type: 'integer', isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
    text('email', 190),
    text('name', 190),
    text('password_hash', 190, { isNullable: true }),
    text('meveto_id', 190, { isNullable: true }),
    instant('last_logged_in', { isNullable: true }),
    instant('last_logged_out', { isNullable: true }),
  ],
  indices: [
    { name: 'users_email', columnNames: ['email'], isUnique: true },
    { name: 'users_meveto_id', columnNames: ['meveto_id'], isUnique: true },
    { name: 'users_last_logged_out', columnNames: ['last_logged_out'] },
  ],
});

const ACCESS_TOKENS = new Table({
  name: 'access_tokens',
  columns: [
    text('id', 36, { isPrimary: true }),
    { name: 'user_id', type: 'integer' },
    instant('signed_in_at'),
    instant('expires_at'),
    instant('revoked_at', { isNullable: true }),
    text('client', 64, { isNullable: true }),
  ],
  indices: [
    { name: 'access_tokens_user_id', columnNames: ['user_id'] },
    { name: 'access_tokens_expires_at', columnNames: ['expires_at'] },
  ],
});

const SESSIONS = new Table({
  name: 'sessions',
  columns: [
    text('id', 64, { isPrimary: true }),
    { name: 'data', type: 'text' },
    { name: 'user_id', type: 'integer', isNullable: true },
    instant('signed_in_at', { isNullable: true }),
    text('client', 64, { isNullable: true }),
    instant('expires_at'),
  ],
  indices: [
    { name: 'sessions_user_id', columnNames: ['user_id'] },
    { name: 'sessions_expires_at', columnNames: ['expires_at'] },
  ],
});

const SETTINGS = new Table({
  name: 'settings',
  columns: [text('key', 64, { isPrimary: true }), text('value', 255)],
});

const TABLES = [USERS, ACCESS_TOKENS, SESSIONS, SETTINGS];

/** Table of Socket.IO's PostgreSQL adapter for messages that are too long for a notification. */
const SOCKET_IO_ATTACHMENTS = `CREATE TABLE socket_io_attachments (
  id bigserial UNIQUE, created_at timestamptz DEFAULT now(), payload bytea)`;

const isPostgres = (queryRunner: QueryRunner): boolean => queryRunner.dataSource.options.type === 'postgres';

/** The demo's own tables; those of the logout module come with its own migrations. */
export class CreateDemoTables1760000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const binary = queryRunner.dataSource.options.type === 'mysql';
    for (const table of TABLES) await queryRunner.createTable(binary ? caseSensitive(table) : table.clone());
    if (isPostgres(queryRunner)) await queryRunner.query(SOCKET_IO_ATTACHMENTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    if (isPostgres(queryRunner)) await queryRunner.query('DROP TABLE socket_io_attachments');
    for (const table of TABLES.toReversed()) await queryRunner.dropTable(table.clone());
  }
}

/** MySQL compares text case-insensitively by default, but different ids must not be equal. */
function caseSensitive(table: Table): Table {
  const copy = table.clone();
  for (const column of copy.columns) {
    if (column.type === 'varchar') column.collation = 'utf8mb4_bin';
  }
  return copy;
}
