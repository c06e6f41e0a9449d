import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { createTables, type SchemaOptions } from '../../sql/schema-steps.js';
import { OWN_TABLES, type OwnTable, ownTableNames } from '../../sql/table-names.js';
import { databaseKindOf } from '../database-kind-of.js';
import {
  MevetoLogoutJob,
  MevetoLogoutKey,
  MevetoLogoutLease,
  MevetoLogoutLogout,
  MevetoLogoutSender,
} from '../entities.js';

const ENTITIES = {
  jobs: MevetoLogoutJob,
  logouts: MevetoLogoutLogout,
  leases: MevetoLogoutLease,
  senders: MevetoLogoutSender,
  keys: MevetoLogoutKey,
} as const;

/** The names that the DataSource gives to the entities, with its prefix and its naming strategy. The store uses the same names. */
function namesOf(dataSource: DataSource): Record<OwnTable, string> {
  const { namingStrategy, options } = dataSource;
  const usual = ownTableNames(databaseKindOf(dataSource), {});
  const nameOf = (table: OwnTable): string => {
    const name = namingStrategy.tableName(ENTITIES[table].name, usual[table]);
    const { entityPrefix = '' } = options;
    return entityPrefix === '' ? name : namingStrategy.prefixTableName(entityPrefix, name);
  };
  return {
    jobs: nameOf('jobs'),
    logouts: nameOf('logouts'),
    leases: nameOf('leases'),
    senders: nameOf('senders'),
    keys: nameOf('keys'),
  };
}

function schemaOptionsOf(dataSource: DataSource): SchemaOptions {
  const { options, namingStrategy } = dataSource;
  const schema = options.type === 'postgres' ? options.schema : undefined;
  return {
    tables: namesOf(dataSource),
    ...(schema !== undefined && { schema }),
    primaryKeyName: (table, column) => namingStrategy.primaryKeyName(table, [column]),
  };
}

/** TypeORM 0.3 has only the property `connection`, which 1 has renamed. */
function dataSourceOf(runner: QueryRunner): DataSource {
  const { dataSource, connection } = runner as { dataSource?: DataSource; connection: DataSource };
  return dataSource ?? connection;
}

/** Creates the module's five tables. Skips what exists: an earlier start on MariaDB or MySQL may have stopped between two tables. */
class CreateMevetoLogout1767225600000 implements MigrationInterface {
  readonly name = 'CreateMevetoLogout1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    const dataSource = dataSourceOf(runner);
    const statements = createTables(databaseKindOf(dataSource), schemaOptionsOf(dataSource));
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const names = namesOf(dataSourceOf(runner));
    for (const table of OWN_TABLES.toReversed()) await runner.dropTable(names[table]);
  }
}

/** Give these to the DataSource: `migrations: [...mevetoLogoutMigrations], migrationsRun: true`. */
export const mevetoLogoutMigrations = [CreateMevetoLogout1767225600000] as const;
