import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const text = (name: string, length: string, isNullable = false): TableColumnOptions => ({
  name,
  type: 'varchar',
  length,
  isNullable,
});
/** Ids and digests are told apart by case too, which MySQL's usual collations do not. */
const exactly = (runner: QueryRunner, columns: TableColumnOptions[]): TableColumnOptions[] =>
  runner.dataSource.options.type === 'mysql' || runner.dataSource.options.type === 'mariadb'
    ? columns.map((column) =>
        column.type === 'varchar' ? { ...column, charset: 'utf8mb4', collation: 'utf8mb4_bin' } : column,
      )
    : columns;
const instant = (name: string, isNullable = false): TableColumnOptions => ({
  name,
  type: 'bigint',
  isNullable,
});
const count = (name: string): TableColumnOptions => ({ name, type: 'int' });

/**
 * Creates the module's four tables, on every database that it supports. Those that are there are left alone: MariaDB and
 * MySQL commit each one by itself, and a start may have ended between two of them.
 */
export class CreateMevetoLogout1767225600000 implements MigrationInterface {
  readonly name = 'CreateMevetoLogout1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(callsTable(runner), true);
    await runner.createTable(
      new Table({
        name: 'meveto_logout_marks',
        columns: exactly(runner, [
          { ...text('user_id', '191'), isPrimary: true },
          instant('logged_out_at'),
          instant('settled_at'),
        ]),
        indices: [{ name: 'meveto_logout_marks_settled', columnNames: ['settled_at'] }],
      }),
      true,
    );
    await runner.createTable(
      new Table({
        name: 'meveto_logout_leases',
        columns: exactly(runner, [
          { ...text('name', '64'), isPrimary: true },
          text('holder', '64'),
          instant('held_until'),
        ]),
      }),
      true,
    );
    await runner.createTable(
      new Table({
        name: 'meveto_logout_senders',
        columns: exactly(runner, [{ ...text('sender', '64'), isPrimary: true }, instant('confirmed_at')]),
      }),
      true,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'meveto_logout_senders',
      'meveto_logout_leases',
      'meveto_logout_marks',
      'meveto_logout_calls',
    ]) {
      await runner.dropTable(table);
    }
  }
}

const callsTable = (runner: QueryRunner): Table =>
  new Table({
    name: 'meveto_logout_calls',
    columns: exactly(runner, [
      { ...text('id', '64'), isPrimary: true },
      text('digest', '64'),
      text('source_id', '191', true),
      text('type', '64'),
      text('state', '32'),
      { name: 'sealed', type: 'text', isNullable: true },
      { name: 'lane', type: 'smallint' },
      text('sender', '64', true),
      instant('received_at'),
      instant('occurred_at'),
      instant('due_at'),
      count('fence'),
      count('attempts'),
      count('unknown_attempts'),
      count('refusals'),
      instant('settled_at', true),
      instant('listed_at', true),
      text('reason', '64', true),
      text('person', '64', true),
      text('user_id', '191', true),
    ]),
    indices: [
      { name: 'meveto_logout_calls_digest', columnNames: ['digest'], isUnique: true },
      { name: 'meveto_logout_calls_source', columnNames: ['source_id'], isUnique: true },
      { name: 'meveto_logout_calls_due', columnNames: ['state', 'lane', 'due_at'] },
      { name: 'meveto_logout_calls_ended', columnNames: ['state', 'settled_at'] },
      { name: 'meveto_logout_calls_person', columnNames: ['person'] },
    ],
  });

/** Give these to the DataSource: `migrations: [...mevetoLogoutMigrations], migrationsRun: true`. */
export const mevetoLogoutMigrations = [CreateMevetoLogout1767225600000] as const;
