import type { DataSource, Driver } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { InstantColumn } from '../sql/host-columns.js';
import { NUMERIC } from '../sql/column-types.js';
import { lookUp, type SqlEngine, type SqlValue, UnrepresentableValueError } from '../sql/sql.js';
import type { ColumnFacts } from '../sql/table-facts.js';
import { quoted } from './quoted-path.js';

/** The sample that is converted at start and must come back. It has milliseconds, and no time zone changes its offset around it. */
const SAMPLE_AT = Date.UTC(2026, 0, 15, 12, 34, 56, 789);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * Offsets of later instants, in milliseconds. The database must compare each instant as larger than the one before. Between two of
 * them the order changes for texts that begin with the day, the month, the weekday or a 12-hour clock, and for texts that omit a
 * fraction of zero.
 */
const LATER_MS = [
  0,
  211,
  212,
  HOUR_MS,
  9 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  20 * DAY_MS,
  355 * DAY_MS,
  1_100 * DAY_MS,
];

/** One way to convert an instant for a column. */
interface Way {
  readonly column: ColumnMetadata;
  readonly valueOf: (at: number) => unknown;
}

const asNumber = (at: number): number => at;
const asDate = (at: number): Date => new Date(at);
const asText = (at: number): string => new Date(at).toISOString();
const asDigits = (at: number): string => String(at);

/** A column of instants in the form of its entity: as dates, as epoch milliseconds, or in the form of its transformer. */
export class MappedInstantColumn implements InstantColumn {
  readonly name: string;
  readonly databaseName: string;
  readonly label: string;
  readonly selected: string;
  readonly parameter = '?';
  readonly isUnknown: string;
  readonly isDatedByDatabase: boolean;
  readonly #driver: Driver;
  readonly #isMoment: boolean;
  #way: Way;

  constructor(
    dataSource: DataSource,
    private readonly metadata: ColumnMetadata,
  ) {
    this.#driver = dataSource.driver;
    this.databaseName = metadata.databaseName;
    this.label = metadata.propertyPath;
    this.name = quoted(dataSource, metadata.databaseName);
    this.selected = this.name;
    this.isUnknown = `${this.name} IS NULL`;
    this.isDatedByDatabase = metadata.isCreateDate;
    const { type } = metadata;
    this.#isMoment = !(type === Number || (typeof type === 'string' && NUMERIC.test(type)));
    this.#way = { column: metadata, valueOf: this.#isMoment ? asDate : asNumber };
  }

  compared(operator: '<' | '<='): string {
    return `${this.name} ${operator} ?`;
  }

  read(sql: string): string {
    return sql;
  }

  toDatabase(at: number): SqlValue {
    return this.#driver.preparePersistentValue(this.#way.valueOf(at), this.#way.column) as SqlValue;
  }

  /** Undefined also for a value on which the transformer throws. */
  millisecondsFrom(value: unknown): number | undefined {
    if (value === null || value === undefined) return undefined;
    try {
      const at = millisecondsOf(this.#shown(value));
      return Number.isNaN(at) ? undefined : at;
    } catch {
      return undefined;
    }
  }

  async learn(engine: SqlEngine, _path: string, facts: ColumnFacts): Promise<string | undefined> {
    if (await this.#findWay(engine, facts)) return undefined;
    return this.metadata.transformer === undefined
      ? `the column for '${this.label}' does not give back an instant that is written to it, to the millisecond. Check its type, ` +
          'and how the driver converts dates (dateStrings, timezone, type parsers).'
      : `the transformer of '${this.label}' does not give back an instant that is written through it, or the column does not keep ` +
          'the order of instants. The transformer must take and give a Date, epoch milliseconds or an object with an instant (Temporal, ' +
          'Luxon, Day.js, Moment, js-joda), to the millisecond. Texts must sort in the order of their instants, as ISO 8601 in UTC does.';
  }

  async #findWay(engine: SqlEngine, facts: ColumnFacts): Promise<boolean> {
    for (const way of this.#ways(facts)) {
      this.#way = way;
      const given = LATER_MS.map((laterMs) => this.#given(SAMPLE_AT + laterMs, facts));
      if (!given.every((value) => value !== undefined)) continue;
      if (isText(facts) && !this.#isOwnForm(given[0])) continue;
      const { instant, isOrdered } = await returned(engine, facts, given);
      if (isOrdered && this.millisecondsFrom(instant) === SAMPLE_AT) return true;
    }
    return false;
  }

  /** The conversions to try. What a transformer accepts is not known; it may accept what it returns. */
  #ways(facts: ColumnFacts): readonly Way[] {
    const [usual, other] = this.#isMoment ? [asDate, asNumber] : [asNumber, asDate];
    const column = this.metadata;
    if (column.transformer === undefined) return [{ column, valueOf: usual }];
    const kept = isText(facts) ? [asText, asDigits] : [usual, asDigits];
    const bare = Object.create(column, { transformer: { value: undefined } }) as ColumnMetadata;
    return [
      { column, valueOf: usual },
      { column, valueOf: other },
      { column, valueOf: asText },
      ...kept.map((valueOf) => ({ column, valueOf: (at: number) => this.#shown(valueOf(at)) })),
      ...(isText(facts) ? [] : [{ column: bare, valueOf: usual }]),
    ];
  }

  /** The converted value; undefined if the column cannot hold it. */
  #given(at: number, facts: ColumnFacts): SqlValue | undefined {
    try {
      const value: unknown = this.toDatabase(at);
      // The text that a driver makes of a date depends on the process. SQLite accepts no dates.
      if (value instanceof Date && (isText(facts) || facts.castTo === undefined)) return undefined;
      return isForDatabase(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether the transformer writes the same text for a value that it has read. A transformer may accept other values than it returns. */
  #isOwnForm(written: unknown): boolean {
    try {
      const again: unknown = this.#driver.preparePersistentValue(this.#shown(written), this.metadata);
      return !isForDatabase(again) || String(again) === String(written);
    } catch {
      return true;
    }
  }

  #shown(value: unknown): unknown {
    return this.#driver.prepareHydratedValue(value, this.metadata);
  }
}

/** Whether the database compares the values of a column as texts. */
const isText = ({ type }: ColumnFacts): boolean => !NUMERIC.test(type) && !/date|time/.test(type);

/** The first value as the database returns it from such a column, and whether each value is larger than the one before. */
async function returned(
  engine: SqlEngine,
  { castTo }: ColumnFacts,
  given: readonly SqlValue[],
): Promise<{ instant?: unknown; isOrdered: boolean }> {
  const sample = castTo === undefined ? '?' : `CAST(? AS ${castTo})`;
  const inOrder = given.slice(1).map(() => `${sample} < ${sample}`);
  const pairs = given.slice(1).flatMap((value, index) => [given[index] ?? null, value]);
  try {
    const script = () =>
      lookUp(
        `SELECT ${sample} AS instant, CASE WHEN ${inOrder.join(' AND ')} THEN 1 ELSE 0 END AS is_ordered`,
        [given[0] ?? null, ...pairs],
      );
    const [row] = await engine.read('convert sample instants', script, true);
    return { instant: row?.['instant'], isOrdered: Number(row?.['is_ordered']) === 1 };
  } catch (error) {
    if (error instanceof UnrepresentableValueError) return { isOrdered: false };
    throw error;
  }
}

function isForDatabase(value: unknown): value is SqlValue {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value);
}

/** Reads a number, a numeric or ISO 8601 text, a Date, and instants of Temporal, Luxon, Day.js, Moment and js-joda. */
function millisecondsOf(shown: unknown): number {
  if (typeof shown === 'string') return /^-?\d+(\.\d*)?$/.test(shown) ? Number(shown) : Date.parse(shown);
  if (typeof shown !== 'object' || shown === null) return Number(shown);
  const { epochMilliseconds, toEpochMilli } = shown as Readonly<Record<string, unknown>>;
  if (epochMilliseconds !== undefined) return Number(epochMilliseconds);
  return Number(
    typeof toEpochMilli === 'function' ? Reflect.apply(toEpochMilli, shown, []) : shown.valueOf(),
  );
}
