import { ConfigurationError } from '../../core/index.js';
import type { DatabaseKind } from './database-kind.js';
import type { InstantColumn, OwnerColumn, TextColumn } from './host-columns.js';
import type { AccessTokenTable, ExpectedColumn, HostTables, UserTable } from './host-tables.js';
import { localTimeWarnings } from './local-time.js';
import { isExact } from './loose-collation.js';
import type { SqlEngine } from './sql.js';
import { type ColumnFacts, isUniqueAlone, type TableFacts, tableFacts } from './table-facts.js';

/**
 * Checks at start that the application's tables meet the requirements of the module, and learns how the values of their columns are
 * converted.
 * @returns warnings: faults with which the application can still start
 * @throws {ConfigurationError} with every fault that would make logouts fail or reach other users
 */
export async function checkHostTables(
  kind: DatabaseKind,
  engine: SqlEngine,
  tables: HostTables,
): Promise<readonly string[]> {
  const check = new HostTableCheck(kind, engine, tables.isOutsideUtc);
  const users = await check.users(tables.users);
  if (tables.accessTokens !== undefined) await check.accessTokens(tables.accessTokens, tables.users, users);
  if (check.faults.length > 0) throw new ConfigurationError(check.faults);
  return check.warnings;
}

class HostTableCheck {
  readonly faults: string[] = [];
  readonly warnings: string[] = [];

  constructor(
    private readonly kind: DatabaseKind,
    private readonly engine: SqlEngine,
    private readonly isOutsideUtc: boolean,
  ) {}

  async users(table: UserTable): Promise<TableFacts> {
    const facts = await this.#factsOf(table);
    this.#checkKeys(table, facts);
    for (const column of [table.id, table.mevetoId]) await this.#learn(table, column, facts);
    const instants = [table.lastLoggedIn, table.lastLoggedOut];
    await this.#learnInstants(table, instants, facts, 'the times of logins and logouts are wrong');
    return facts;
  }

  async accessTokens(table: AccessTokenTable, { id }: UserTable, users: TableFacts): Promise<void> {
    const facts = await this.#factsOf(table);
    await this.#learn(table, table.userId, facts);
    this.#learnOwner(table, facts.column(table.userId.databaseName), id, users.column(id.databaseName));
    const instants = [table.issuedAt, table.revokedAt].filter((column) => column !== undefined);
    await this.#learnInstants(table, instants, facts, 'logouts revoke too few tokens, or too many');
  }

  #learnOwner(
    { option, userId }: AccessTokenTable,
    owner: ColumnFacts | undefined,
    id: TextColumn,
    user: ColumnFacts | undefined,
  ): void {
    userId.isLoose = isLoose(owner) && !isLoose(user);
    if (owner === undefined || user === undefined) return;
    this.#addFault(option, userId.learnOwner(owner, id, user));
  }

  async #learnInstants(
    table: UserTable | AccessTokenTable,
    columns: readonly InstantColumn[],
    facts: TableFacts,
    effect: string,
  ): Promise<void> {
    for (const column of columns) await this.#learn(table, column, facts);
    const { isOutsideUtc } = this;
    const instants = { option: table.option, columns, facts, effect, isOutsideUtc };
    this.warnings.push(...(await localTimeWarnings(this.kind, this.engine, instants)));
  }

  async #factsOf({
    option,
    path,
    nameParts,
    expectedColumns,
  }: UserTable | AccessTokenTable): Promise<TableFacts> {
    const script = () => tableFacts(this.kind, nameParts);
    const facts = await this.engine.read('read a table definition', script, true);
    if (!facts.isThere && expectedColumns.length > 0)
      this.#addFault(option, `the database has no table ${path}. Check its name and schema.`);
    else for (const column of expectedColumns) this.#addFault(option, faultOf(column, path, facts));
    return facts;
  }

  #checkKeys(table: UserTable, facts: TableFacts): void {
    const { option, path, id, mevetoId, isKeyedById } = table;
    mevetoId.isUnique = isUniqueAlone(facts, mevetoId.databaseName);
    const isAlone = isUniqueAlone(facts, id.databaseName) || (isKeyedById && facts.uniques.length === 0);
    if (!isAlone && !isMissing(table, id, facts)) {
      this.faults.push(
        `${option}: '${id.label}' alone does not identify a user (${path} has no unique index on ${id.databaseName}), ` +
          'and a logout would reach other users. Name an id that is unique by itself, or add the index.',
      );
    }
    if (facts.column(mevetoId.databaseName)?.isNullable === false) {
      this.faults.push(
        `${option}: the column ${mevetoId.databaseName} of ${path} for '${mevetoId.label}' is NOT NULL, but is cleared when a user ` +
          'stops using Meveto. Make it nullable.',
      );
    }
    if (facts.isThere && !isUniqueAlone(facts, mevetoId.databaseName, { orPartly: true })) {
      this.warnings.push(
        `No unique index on ${mevetoId.databaseName} of ${path}: several users can have the same Meveto ID, and are logged out together. Add ` +
          'one, with deleted rows left out if there are any. See docs/tables.md.',
      );
    }
  }

  async #learn(
    { option, path }: UserTable | AccessTokenTable,
    column: TextColumn | OwnerColumn | InstantColumn,
    table: TableFacts,
  ): Promise<void> {
    const facts = table.column(column.databaseName);
    if (facts !== undefined) this.#addFault(option, await column.learn(this.engine, path, facts));
  }

  #addFault(option: string, fault: string | undefined): void {
    if (fault !== undefined) this.faults.push(`${option}: ${fault}`);
  }
}

/** Whether a column ignores case, as collations of MySQL do. */
const isLoose = (facts: ColumnFacts | undefined): boolean =>
  facts?.collation !== undefined && !isExact(facts.collation);

function faultOf(
  { name, label, isNullIn }: ExpectedColumn,
  path: string,
  { column, columnNames }: TableFacts,
): string | undefined {
  const facts = column(name);
  if (facts === undefined) return `${path} has no column '${name}'. It has: ${columnNames.join(', ')}.`;
  return isNullIn === undefined || facts.isNullable
    ? undefined
    : `the column ${name} of ${path} for '${label}' is NOT NULL, but must be NULL in rows that are not ${isNullIn}.`;
}

/** Whether a missing column is already a fault. */
const isMissing = ({ expectedColumns }: UserTable, id: TextColumn, facts: TableFacts): boolean =>
  expectedColumns.some(({ label }) => label === id.label) && facts.column(id.databaseName) === undefined;
