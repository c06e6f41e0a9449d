import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '../../core/index.js';
import type { DatabaseKind } from './database-kind.js';
import { printSchema, schemaSteps } from './schema-steps.js';
import { ownTables, type TableNames } from './table-names.js';

const DATABASES: readonly DatabaseKind[] = ['sqlite', 'postgres', 'mysql'];

const faultsOf = (database: DatabaseKind, names: TableNames): readonly string[] => {
  try {
    schemaSteps(database, names);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
  }
  return [];
};

describe('schemaSteps', () => {
  it.each(DATABASES)('has steps with stable ids in ascending order on %s', (database) => {
    const ids = schemaSteps(database).map(({ id }) => id);
    expect(ids).toEqual(['0001-create-meveto-logout']);
  });

  it.each(DATABASES)('repeats each statement without harm on %s', (database) => {
    for (const { statements } of schemaSteps(database))
      for (const statement of statements)
        expect(statement).toMatch(/^CREATE (TABLE|INDEX|UNIQUE INDEX) IF NOT EXISTS /);
  });

  it('names single tables in full, without the prefix', () => {
    expect(ownTables('postgres', { prefix: 'app_', schema: 'auth', tables: { jobs: 'inbox' } })).toEqual({
      jobs: '"auth"."inbox"',
      logoutRows: '"auth"."app_meveto_logout_logouts"',
      leases: '"auth"."app_meveto_logout_leases"',
      senders: '"auth"."app_meveto_logout_senders"',
      keys: '"auth"."app_meveto_logout_keys"',
    });
  });

  it('doubles the quotes of the database in names', () => {
    const names = { schema: 'a`"', tables: { keys: 'b' } };
    expect(ownTables('mysql', names).keys).toBe('`a``"`.`b`');
    expect(ownTables('postgres', names).keys).toBe('"a`"""."b"');
  });

  it('takes the name of a primary key from the option', () => {
    const [create] = schemaSteps('postgres', { primaryKeyName: (table, column) => `pk_${table}_${column}` });
    expect(create?.statements[0]).toContain('CONSTRAINT "pk_meveto_logout_jobs_id" PRIMARY KEY ("id")');
  });

  it('shortens names of indexes by the bytes that PostgreSQL counts', () => {
    // 40 letters, 80 bytes.
    const statements = schemaSteps('postgres', { prefix: 'ü'.repeat(20) }).flatMap((step) => step.statements);
    const names = statements.flatMap((each) => /INDEX IF NOT EXISTS "([^"]*)"/.exec(each)?.[1] ?? []);
    expect(names).toHaveLength(6);
    expect(new Set(names).size).toBe(6);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  it('refuses a schema on SQLite', () => {
    expect(faultsOf('sqlite', { schema: 'main' })).toEqual([
      "schema: got 'main' on SQLite, which has no schemas. Leave the option out.",
    ]);
  });

  it('refuses two tables of one name', () => {
    const tables = { leases: 'same', keys: 'SAME' };
    expect(faultsOf('sqlite', { tables })).toEqual([
      "tables: got one name for leases and keys, 'SAME', expected five names that differ in more than case.",
    ]);
    expect(faultsOf('postgres', { tables })).toEqual([]);
  });

  it('refuses names that PostgreSQL cuts to the same one', () => {
    expect(faultsOf('postgres', { prefix: 'p'.repeat(50) })).toHaveLength(4);
    expect(faultsOf('postgres', { prefix: 'p'.repeat(47) })).toEqual([]);
  });
});

describe('printSchema', () => {
  it.each(DATABASES)(
    'prints each step with its id and ends each statement with a semicolon on %s',
    (database) => {
      const text = printSchema(database, { prefix: 'app_' });
      const [step] = schemaSteps(database, { prefix: 'app_' });
      expect(text).toBe(
        `-- 0001-create-meveto-logout\n${(step?.statements ?? []).map((each) => `${each};\n`).join('')}`,
      );
    },
  );
});
