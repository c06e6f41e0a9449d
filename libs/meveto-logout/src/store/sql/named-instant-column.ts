import type { DatabaseKind } from './database-kind.js';
import type { InstantColumn } from './host-columns.js';
import { clearKind, type InstantForm, instantForm, type InstantKind, kindsFor } from './instant-forms.js';
import { lookUp, rowsOf, type SqlEngine, type SqlValue, UnrepresentableValueError } from './sql.js';
import type { ColumnFacts } from './table-facts.js';
import { quotedName } from './table-names.js';

/** The sample that is converted at start and must come back. It has milliseconds, and no time zone changes its offset around it. */
const SAMPLE_AT = Date.UTC(2026, 0, 15, 12, 34, 56, 789);
/** Number of rows that are read to see the form of stored instants. */
const SAMPLE_ROWS = 100;
const ISO_TEXT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+00:00)$/;
const ISO_LENGTH = 24;
/** Epoch seconds of the years 2001 to 2286. As milliseconds they are within four months of 1970. */
const SECONDS = { from: 1e9, until: 1e10 };
/** Epoch microseconds since 2001. */
const MICROSECONDS_FROM = 1e15;

/** A column of instants, by its name and kind. The database converts the instants. */
export class NamedInstantColumn implements InstantColumn {
  readonly name: string;
  isDatedByDatabase = false;
  #kind: InstantKind | undefined;
  #form: InstantForm | undefined;

  constructor(
    private readonly database: DatabaseKind,
    readonly label: string,
    readonly databaseName: string,
    kind: InstantKind | undefined,
  ) {
    this.name = quotedName(database, databaseName);
    this.#kind = kind;
  }

  get selected(): string {
    return this.read(this.name);
  }

  get parameter(): string {
    return this.#learnt.parameter;
  }

  get isUnknown(): string {
    const { isOther } = this.#learnt;
    return isOther === undefined ? `${this.name} IS NULL` : `${this.name} IS NULL OR ${isOther(this.name)}`;
  }

  compared(operator: '<' | '<='): string {
    const { compared, parameter } = this.#learnt;
    return compared === undefined
      ? `${this.name} ${operator} ${parameter}`
      : `${compared.column(this.name)} ${operator} ${compared.parameter}`;
  }

  read(sql: string): string {
    return this.#learnt.read(sql);
  }

  toDatabase(at: number): SqlValue {
    return this.#learnt.toDatabase(at);
  }

  millisecondsFrom(value: unknown): number | undefined {
    if (value === null || value === undefined) return undefined;
    if (this.#kind === 'iso-text') return isIsoText(value) ? Date.parse(value) : undefined;
    const at = Math.floor(Number(value));
    return Number.isNaN(at) ? undefined : at;
  }

  async learn(engine: SqlEngine, path: string, facts: ColumnFacts): Promise<string | undefined> {
    const kind = this.#kind ?? clearKind(this.database, facts.type);
    const possible = kindsFor(this.database, facts.type);
    const column = `the column ${this.databaseName} of ${path} for '${this.label}'`;
    if (kind === undefined || !possible.includes(kind)) return this.#typeFault(column, facts, possible);
    this.#kind = kind;
    this.#form = instantForm(this.database, kind, facts.valueType);
    this.isDatedByDatabase = kind === 'timestamp-in-utc' && isLocalTime(facts.defaultValue);
    if (!(await this.#comesBack(engine, facts)))
      return `${column} does not give back an instant that is written to it, to the millisecond. Its type is ${facts.declaredType}.`;
    return this.#sampleFault(column, await this.#samples(engine, path));
  }

  get #learnt(): InstantForm {
    if (this.#form === undefined) throw new TypeError(`The column ${this.databaseName} was not checked.`);
    return this.#form;
  }

  #typeFault(column: string, { declaredType }: ColumnFacts, possible: readonly InstantKind[]): string {
    const kinds = possible.map((kind) => `'${kind}'`).join(' or ');
    if (possible.length === 0)
      return `${column} has the type ${declaredType}, which holds no instants to the millisecond. Use bigint for epoch milliseconds.`;
    const remedy = `{ column: '${this.databaseName}', kind: ${kinds} }`;
    return this.#kind === undefined
      ? `${column} has the type ${declaredType}, which does not tell how it holds instants. Name the kind: ${remedy}.`
      : `${column} has the type ${declaredType}, which does not hold the kind '${this.#kind}'. Change the type, or name ${remedy}.`;
  }

  async #comesBack(engine: SqlEngine, { castTo, declaredType }: ColumnFacts): Promise<boolean> {
    const length = /char\((\d+)\)/.exec(declaredType)?.[1];
    if (this.#kind === 'iso-text' && length !== undefined && Number(length) < ISO_LENGTH) return false;
    const value = castTo === undefined ? this.parameter : `CAST(${this.parameter} AS ${castTo})`;
    const parameters = this.read(value)
      .split('?')
      .slice(1)
      .map(() => this.toDatabase(SAMPLE_AT));
    const script = () => lookUp(`SELECT ${this.read(value)} AS instant`, parameters);
    try {
      const [row] = await engine.read('convert a sample instant', script, true);
      return this.millisecondsFrom(row?.['instant']) === SAMPLE_AT;
    } catch (error) {
      if (error instanceof UnrepresentableValueError) return false;
      throw error;
    }
  }

  async #samples(engine: SqlEngine, path: string): Promise<readonly unknown[]> {
    if (this.#kind !== 'epoch-milliseconds' && this.#kind !== 'iso-text') return [];
    const sample = `SELECT ${this.selected} AS sample FROM ${path} LIMIT ${String(SAMPLE_ROWS)}`;
    const rows = await engine.read('read sample instants', () => rowsOf(sample), true);
    return rows.map((row) => row['sample']).filter((value) => value !== null);
  }

  #sampleFault(column: string, samples: readonly unknown[]): string | undefined {
    if (this.#kind === 'iso-text')
      return samples.every(isIsoText)
        ? undefined
        : `${column} holds other values than ISO texts in UTC with milliseconds, such as 2026-01-15T12:34:56.789Z. ` +
            'The database could not compare them with the time of a logout.';
    return samples.map(Number).every(areMilliseconds)
      ? undefined
      : `${column} holds numbers that are not epoch milliseconds, but look like seconds or microseconds.`;
  }
}

const isIsoText = (value: unknown): value is string => typeof value === 'string' && ISO_TEXT.test(value);

const areMilliseconds = (value: number): boolean =>
  !(value >= SECONDS.from && value < SECONDS.until) && !(value >= MICROSECONDS_FROM);

/** Whether a default value is the local time of the database's session. */
const isLocalTime = (value: string | undefined): boolean =>
  value !== undefined && /now|current|local|clock|sysdate/i.test(value) && !/utc/i.test(value);
