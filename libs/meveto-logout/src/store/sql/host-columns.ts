import type { FoundUser } from './found-user.js';
import type { SqlEngine, SqlValue } from './sql.js';
import type { ColumnFacts } from './table-facts.js';

/** A column of one of the application's tables. */
interface HostColumn {
  /** The quoted name. */
  readonly name: string;
  /** The name as the catalogue has it. */
  readonly databaseName: string;
  /** The name by which the application knows the column, for messages. */
  readonly label: string;
  /** SQL that selects the value of the column in the form that the column converts. */
  readonly selected: string;
  /** SQL of one parameter for a value of `toDatabase`, to store it, or to compare an id with it. */
  readonly parameter: string;
}

/** A column that holds ids. Ids are compared as texts, as in sessions. */
export interface TextColumn extends HostColumn {
  /** Whether the column is unique by the definition read at start. */
  isUnique: boolean;
  toDatabase(text: string): SqlValue;
  textFrom(value: unknown): string;
  /** The id of this value, and the other form that the application may see: PostgreSQL returns a `char(n)` with its padding. */
  formsOf(value: unknown): readonly [string, ...string[]];
  /** Whether a value of the database has this text. */
  isSame(value: unknown, text: string): boolean;
  /** Whether the application stores this text as this value. */
  isStoredAs(value: unknown, text: string): boolean;
  /** Whether the text of this value converts back to the value. Otherwise another value may have the same text. */
  isFaithful(value: unknown): boolean;
  /**
   * Learns from the definition of the column, and from rows of the table, how a text becomes a value.
   * @param path the quoted path of the table
   * @returns a fault: why the column cannot be used
   */
  learn(engine: SqlEngine, path: string, facts: ColumnFacts): Promise<string | undefined>;
}

/** A column that holds the ids of a row's user. */
export interface OwnerColumn extends TextColumn {
  /** Whether the database treats different ids in this column as equal, but not in the user table. */
  isLoose: boolean;
  /** The value of this column in the rows of a user. */
  ownedBy(user: Pick<FoundUser, 'userId' | 'rowId'>): SqlValue;
  /**
   * Learns in which form the column holds the ids of users.
   * @param facts of this column
   * @param id the id of the users, after its own `learn`
   * @returns a fault: why the column cannot be used
   */
  learnOwner(facts: ColumnFacts, id: TextColumn, idFacts: ColumnFacts): string | undefined;
}

/** A column that holds instants. */
export interface InstantColumn extends HostColumn {
  /** Whether the database may date rows by its own clock. */
  readonly isDatedByDatabase: boolean;
  /** SQL that is true for a row without a readable instant. */
  readonly isUnknown: string;
  /** SQL that compares the column with one parameter for a value of `toDatabase`. */
  compared(operator: '<' | '<='): string;
  /** SQL that gives any expression of the column's type in the form that `millisecondsFrom` takes. */
  read(sql: string): string;
  /** @param at epoch milliseconds */
  toDatabase(at: number): SqlValue;
  /** Epoch milliseconds; undefined for a value that is not a time. */
  millisecondsFrom(value: unknown): number | undefined;
  /**
   * Finds the conversion that gives back every instant unchanged and keeps their order.
   * @param path the quoted path of the table
   * @returns a fault: why the column cannot be used
   */
  learn(engine: SqlEngine, path: string, facts: ColumnFacts): Promise<string | undefined>;
}
