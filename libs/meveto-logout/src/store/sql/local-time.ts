import type { DatabaseKind } from './database-kind.js';
import type { InstantColumn } from './host-columns.js';
import { rowsOf, type SqlEngine } from './sql.js';
import type { TableFacts } from './table-facts.js';

/** Midwinter and midsummer of this year: two time zones may agree for half of the year. */
const instants = (): readonly number[] => {
  const year = new Date().getUTCFullYear();
  return [Date.UTC(year, 0, 1), Date.UTC(year, 6, 1)];
};

/**
 * Whether the meaning of a date without a time zone depends on the time zone of this process.
 * @param timezone the time zone in which the driver converts dates; undefined for that of the process
 */
export function isOutsideUtc(timezone: string | undefined): boolean {
  if (timezone !== undefined && timezone !== 'local') return false;
  return instants().some((at) => new Date(at).getTimezoneOffset() !== 0);
}

/** Types of dates without a time zone. MySQL's `timestamp` has a time zone, but is shown in that of the session. */
const WITHOUT_ZONE = { postgres: ['timestamp'], mysql: ['datetime'] };
const DATED_BY_SESSION = { postgres: ['timestamp'], mysql: ['datetime', 'timestamp'] };
/** SQL for the local time of an instant (epoch seconds) in the time zone of the session. */
const LOCAL_TIME = {
  postgres: (seconds: number) => `CAST(to_timestamp(${String(seconds)}) AS timestamp)`,
  mysql: (seconds: number) => `FROM_UNIXTIME(${String(seconds)})`,
};

const REMEDY =
  'Store them with a time zone or as epoch milliseconds, or run all processes and the database’s sessions in UTC.';

/**
 * Warns about instants that are stored without a time zone: a process in another time zone reads other instants, and the database
 * may date rows by its own time zone.
 * @param effect the consequence for logouts
 */
export async function localTimeWarnings(
  kind: DatabaseKind,
  engine: SqlEngine,
  { option, columns, facts, effect, isOutsideUtc: isOutside }: HostInstants,
): Promise<readonly string[]> {
  if (kind === 'sqlite') return [];
  const typeOf = ({ databaseName }: InstantColumn): string => facts.column(databaseName)?.type ?? '';
  const zoneless = columns.filter((column) => WITHOUT_ZONE[kind].includes(typeOf(column)));
  const warnings: string[] = [];
  for (const column of columns.filter((each) => DATED_BY_SESSION[kind].includes(typeOf(each)))) {
    if (!column.isDatedByDatabase && (zoneless.includes(column) || !isOutside)) continue;
    const aheadMs = await databaseAheadMs(engine, LOCAL_TIME[kind], column);
    if (aheadMs !== 0)
      warnings.push(
        `${option}: the database dates '${column.label}' in another time zone than the one in which it is read ` +
          `(${String(Math.round(aheadMs / 1_000))} s ahead): ${effect}. ${REMEDY}`,
      );
  }
  if (warnings.length > 0 || zoneless.length === 0 || !isOutside) return warnings;
  const names = zoneless.map(({ label }) => `'${label}'`).join(', ');
  return [
    `${option}: ${names} are stored without a time zone, and this process is outside UTC: a process in another time zone reads other ` +
      `times, and one hour of the year is repeated. In these cases ${effect}. ${REMEDY}`,
  ];
}

/** The instant columns of one of the application's tables. */
interface HostInstants {
  readonly option: string;
  readonly columns: readonly InstantColumn[];
  readonly facts: TableFacts;
  readonly effect: string;
  /** Whether dates without a time zone are read and written in a time zone other than UTC. */
  readonly isOutsideUtc: boolean;
}

/** How far the local time of the database is ahead, as this process reads it: the larger difference of midwinter and midsummer. */
async function databaseAheadMs(
  engine: SqlEngine,
  localTime: (seconds: number) => string,
  column: InstantColumn,
): Promise<number> {
  const [winter = 0, summer = 0] = instants();
  const script = () =>
    rowsOf(
      `SELECT ${column.read(localTime(winter / 1_000))} AS winter, ${column.read(localTime(summer / 1_000))} AS summer`,
    );
  const [row] = await engine.read('read local time', script, true);
  const aheadMs = (value: unknown, at: number) => (column.millisecondsFrom(value) ?? at) - at;
  const [inWinter, inSummer] = [aheadMs(row?.['winter'], winter), aheadMs(row?.['summer'], summer)];
  return Math.abs(inSummer) > Math.abs(inWinter) ? inSummer : inWinter;
}
