import type { DataSource, Driver } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { FoundUser } from '../sql/found-user.js';
import type { OwnerColumn, TextColumn } from '../sql/host-columns.js';
import { NUMERIC, PADDED } from '../sql/column-types.js';
import { rowsOf, type SqlEngine, type SqlValue } from '../sql/sql.js';
import type { ColumnFacts } from '../sql/table-facts.js';
import { quoted } from './quoted-path.js';

/** Number of rows that are read to learn how a transformer changes real values. */
const SAMPLE_ROWS = 2;

const UUIDS = ['6f1e5b0a-9d7c-4f52-8a3e-1b2c3d4e5f60', 'a0b1c2d3-e4f5-4a6b-8c7d-9e0f1a2b3c4d'];

/** Possible values of a column without rows, as the drivers return them. Only SQLite returns large integers as numbers. */
function samplesOf({ type, castTo }: ColumnFacts): readonly unknown[] {
  if (/binary|blob|bytea/.test(type)) return [Buffer.alloc(16, 0xa1), Buffer.alloc(16, 0xb2)];
  if (type.includes('uuid')) return UUIDS;
  if (castTo !== undefined && /bigint|int8|numeric|decimal/.test(type)) return ['7', '12'];
  return /int|num/.test(type) ? [7, 12] : ['a1', 'b2'];
}

/** A column of ids in the form of its entity: as TypeORM's driver and the column's transformer convert its values. */
export class MappedTextColumn implements OwnerColumn {
  readonly name: string;
  readonly databaseName: string;
  readonly label: string;
  readonly selected: string;
  readonly parameter = '?';
  isUnique = false;
  isLoose = false;
  /** The shown texts of sample values that the transformer changes. */
  #changedTexts: readonly string[] = [];
  /** Whether the column holds users' ids as stored in the user table, not as the users' transformer shows them. */
  #holdsRawIds = false;
  readonly #driver: Driver;
  /** The column for writing; without the transformer if that does not accept texts. */
  #written: ColumnMetadata;
  #isPadded = false;

  constructor(
    dataSource: DataSource,
    private readonly metadata: ColumnMetadata,
  ) {
    this.#driver = dataSource.driver;
    this.databaseName = metadata.databaseName;
    this.label = metadata.propertyPath;
    this.name = quoted(dataSource, metadata.databaseName);
    this.selected = this.name;
    this.#written = metadata;
  }

  toDatabase(text: string): SqlValue {
    return this.#driver.preparePersistentValue(text, this.#written) as SqlValue;
  }

  textFrom(value: unknown): string {
    return this.#trimmed(this.#shown(value));
  }

  formsOf(value: unknown): readonly [string, ...string[]] {
    const [text, shown] = [this.textFrom(value), this.#shown(value)];
    return shown === text ? [text] : [text, shown];
  }

  isSame(value: unknown, text: string): boolean {
    return this.textFrom(value) === this.#trimmed(text);
  }

  /** The transformer may change texts, for example to lower case. */
  isStoredAs(value: unknown, text: string): boolean {
    const stored: unknown = this.toDatabase(text);
    return (
      isPlain(stored) && isPlain(value) && this.#trimmed(String(stored)) === this.#trimmed(String(value))
    );
  }

  isFaithful(value: unknown): boolean {
    return this.#comesBack(value);
  }

  ownedBy({ userId, rowId }: Pick<FoundUser, 'userId' | 'rowId'>): SqlValue {
    return this.#holdsRawIds ? rowId : this.toDatabase(userId);
  }

  async learn(engine: SqlEngine, path: string, facts: ColumnFacts): Promise<string | undefined> {
    const sample = `SELECT ${this.name} AS sample FROM ${path} LIMIT ${String(SAMPLE_ROWS)}`;
    const rows =
      this.metadata.transformer === undefined
        ? []
        : await engine.read('read sample ids', () => rowsOf(sample), true);
    const values = rows.map((row) => row['sample']).filter((value) => value !== null);
    if (this.#hasDistinctTexts(facts, values)) return undefined;
    return (
      `'${this.label}' has values that have no distinct text, such as bytes or objects: ids are compared as texts. Give its column a ` +
      'transformer that takes and gives texts, or its class a toString() that returns the stored value.'
    );
  }

  /** A token column without a transformer may hold users' ids as stored, or as the users' transformer shows them. */
  learnOwner(facts: ColumnFacts, id: TextColumn, idFacts: ColumnFacts): string | undefined {
    const shown = id instanceof MappedTextColumn ? id.#changedTexts : [];
    if (this.metadata.transformer !== undefined || shown.length === 0) return undefined;
    const areNumbers = NUMERIC.test(facts.type);
    if (areNumbers !== NUMERIC.test(idFacts.type)) return undefined;
    this.#holdsRawIds = areNumbers && shown.every((text) => Number.isNaN(Number(text)));
    if (this.#holdsRawIds) return undefined;
    return (
      `'${this.label}' has no transformer, while the user's '${id.label}' has one that changes ids: it is not clear which tokens ` +
      'belong to a user. Give both columns the same transformer.'
    );
  }

  /** Learns how a text becomes a value of this column. Returns false if the values of the transformer have no distinct texts. */
  #hasDistinctTexts(facts: ColumnFacts, values: readonly unknown[]): boolean {
    this.#isPadded = PADDED.has(facts.type);
    const isMadeUp = values.length === 0;
    // A transformer may refuse a made-up sample: such a sample does not count.
    const samples = (isMadeUp ? samplesOf(facts) : values).filter(
      (value) => !isMadeUp || this.#accepts(value),
    );
    this.#changedTexts = samples.flatMap((value) => this.#changedText(value));
    if (samples.every((value) => this.#comesBack(value))) return true;
    this.#written = Object.create(this.metadata, { transformer: { value: undefined } }) as ColumnMetadata;
    return samples.every((value) => isPlain(value) && this.#comesBack(value));
  }

  /** The shown text of a value, if it differs from the stored value. */
  #changedText(value: unknown): readonly string[] {
    try {
      const text = this.textFrom(value);
      return text === this.#trimmed(String(value)) ? [] : [text];
    } catch {
      return [];
    }
  }

  #accepts(value: unknown): boolean {
    try {
      const shown: unknown = this.#driver.prepareHydratedValue(value, this.metadata);
      return shown !== undefined && shown !== null;
    } catch {
      return false;
    }
  }

  #comesBack(value: unknown): boolean {
    try {
      const persisted: unknown = this.toDatabase(this.#shown(value));
      if (Buffer.isBuffer(persisted) && Buffer.isBuffer(value)) return persisted.equals(value);
      return isPlain(persisted) && isPlain(value) && String(persisted) === String(value);
    } catch {
      return false;
    }
  }

  #shown(value: unknown): string {
    const text = String(this.#driver.prepareHydratedValue(value, this.metadata));
    if (text === '[object Object]')
      throw new TypeError(`The transformer of '${this.label}' returns objects without a text.`);
    return text;
  }

  #trimmed(text: string): string {
    return this.#isPadded ? text.replace(/ +$/, '') : text;
  }
}

const isPlain = (value: unknown): value is string | number | bigint =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
