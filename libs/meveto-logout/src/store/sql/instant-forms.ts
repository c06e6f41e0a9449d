import type { DatabaseKind } from './database-kind.js';
import type { SqlValue } from './sql.js';

/**
 * How a column holds instants:
 * - `'epoch-milliseconds'`: a number;
 * - `'timestamp'`: a date with time and time zone: PostgreSQL's `timestamptz`, `timestamp` of MariaDB and MySQL;
 * - `'timestamp-in-utc'`: a date with time but without a time zone, in UTC: PostgreSQL's `timestamp`, `datetime` of MariaDB and MySQL;
 * - `'iso-text'`: a text such as `2026-01-15T12:34:56.789Z`, always with milliseconds and in UTC.
 */
export type InstantKind = 'epoch-milliseconds' | 'timestamp' | 'timestamp-in-utc' | 'iso-text';

/** How one kind of instants is converted on one kind of database: in SQL, so that the driver's conversions do not matter. */
export interface InstantForm {
  /** SQL that gives a value as epoch milliseconds; as the text itself for ISO texts. */
  readonly read: (sql: string) => string;
  /** SQL of a parameter. */
  readonly parameter: string;
  readonly toDatabase: (at: number) => SqlValue;
  /** SQL that converts a column and a parameter before they are compared; absent if they are compared as they are. */
  readonly compared?: { readonly column: (name: string) => string; readonly parameter: string };
  /** SQL that is true for a value of another form. */
  readonly isOther?: (name: string) => string;
}

const asDigits = (at: number): string => String(at);
const asIsoText = (at: number): string => new Date(at).toISOString();
/** A date and time in UTC, which no database converts by a time zone. */
const withoutZone = (at: number): string => asIsoText(at).slice(0, -1).replace('T', ' ');

const unchanged = (sql: string): string => sql;
const ISO_PATTERN = "'____-__-__T__:__:__.___%'";
const isNotIso = (name: string): string => `${name} NOT LIKE ${ISO_PATTERN}`;

/** Microseconds are cut off, as drivers do. Infinite dates have no milliseconds. */
const postgresMs = (sql: string): string =>
  `CASE WHEN isfinite(${sql}) THEN CAST(FLOOR(CAST(EXTRACT(EPOCH FROM ${sql}) AS numeric) * 1000) AS bigint) END`;

/** @param type the type of a value, without its length or precision */
const postgresForms = (type: string): Readonly<Record<InstantKind, InstantForm>> => {
  // The parameter is a text for every driver.
  const parameter = `CAST(CAST(? AS text) AS ${type})`;
  return {
    'epoch-milliseconds': { read: unchanged, parameter, toDatabase: asDigits },
    timestamp: { read: postgresMs, parameter, toDatabase: asIsoText },
    'timestamp-in-utc': { read: postgresMs, parameter, toDatabase: withoutZone },
    'iso-text': { read: unchanged, parameter, toDatabase: asIsoText, isOther: isNotIso },
  };
};

const MYSQL_DIGITS = 'CAST(? AS DECIMAL(20, 3))';
const mysqlForms: Readonly<Record<InstantKind, InstantForm>> = {
  'epoch-milliseconds': { read: unchanged, parameter: 'CAST(? AS SIGNED)', toDatabase: asDigits },
  timestamp: {
    read: (sql) => `CAST(FLOOR(UNIX_TIMESTAMP(${sql}) * 1000) AS SIGNED)`,
    parameter: `FROM_UNIXTIME(${MYSQL_DIGITS} / 1000)`,
    toDatabase: asDigits,
    // FROM_UNIXTIME gives a local time of the session, which is ambiguous when an hour is repeated.
    compared: { column: (name) => `UNIX_TIMESTAMP(${name}) * 1000`, parameter: MYSQL_DIGITS },
  },
  'timestamp-in-utc': {
    read: (sql) => `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', ${sql}) DIV 1000`,
    parameter: 'CAST(? AS DATETIME(3))',
    toDatabase: withoutZone,
  },
  'iso-text': { read: unchanged, parameter: '?', toDatabase: asIsoText, isOther: isNotIso },
};

const sqliteForms: Readonly<Partial<Record<InstantKind, InstantForm>>> = {
  'epoch-milliseconds': {
    read: unchanged,
    // The driver sends numbers as floating-point numbers.
    parameter: 'CAST(? AS INTEGER)',
    toDatabase: asDigits,
    isOther: (name) => `typeof(${name}) NOT IN ('integer', 'real')`,
  },
  'iso-text': { read: unchanged, parameter: '?', toDatabase: asIsoText, isOther: isNotIso },
};

/** The types that hold each kind of instants, the most usual first. */
type Types = readonly (readonly [InstantKind, RegExp])[];
const TYPES: Readonly<Record<DatabaseKind, Types>> = {
  postgres: [
    ['epoch-milliseconds', /^(int8|numeric|float8)$/],
    ['timestamp', /^timestamptz$/],
    ['timestamp-in-utc', /^timestamp$/],
    ['iso-text', /^(text|varchar|bpchar)$/],
  ],
  mysql: [
    ['epoch-milliseconds', /^(bigint|decimal|double)$/],
    ['timestamp', /^timestamp$/],
    ['timestamp-in-utc', /^datetime$/],
    ['iso-text', /char|text/],
  ],
  sqlite: [
    ['epoch-milliseconds', /^(?!.*(char|clob|text))/],
    ['iso-text', /^(?!.*(int|real|floa|doub))/],
  ],
};

/** The kinds of instants that a type can hold. */
export const kindsFor = (database: DatabaseKind, type: string): readonly InstantKind[] =>
  TYPES[database].filter(([, types]) => types.test(type)).map(([kind]) => kind);

/** Types that hold one kind of instants only. Other types may hold seconds, or local times. */
const CLEAR_TYPES: Readonly<Record<DatabaseKind, RegExp>> = {
  postgres: /^(int8|timestamptz)$/,
  mysql: /^(bigint|timestamp)$/,
  sqlite: /int/,
};

/** The kind of instants in a column of this type; undefined if the type does not tell. */
export const clearKind = (database: DatabaseKind, type: string): InstantKind | undefined =>
  CLEAR_TYPES[database].test(type) ? kindsFor(database, type)[0] : undefined;

/** The conversion of a kind that the type of the column can hold. */
export function instantForm(
  database: DatabaseKind,
  kind: InstantKind,
  valueType: string | undefined,
): InstantForm | undefined {
  if (database === 'postgres') return postgresForms(valueType ?? 'text')[kind];
  return (database === 'mysql' ? mysqlForms : sqliteForms)[kind];
}
