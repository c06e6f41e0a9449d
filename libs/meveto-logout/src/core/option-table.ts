import type { Faults } from './faults.js';
import { nearest } from './nearest.js';

/** One option: what may be given, and how the given value is checked. */
export interface Option<T> {
  /** What may be given, in words. */
  readonly shape: string;
  /** The default as the docs write it; 'required' if there is none. */
  readonly byDefault: string;
  readonly unit?: 'milliseconds';
  /** The smallest and the largest number. */
  readonly range?: { readonly min: number; readonly max: number };
  /** The options of a group. */
  readonly table?: OptionTable;
  /** Returns the checked value. For a value that is not allowed, adds a fault with its remedy and returns the default. */
  readonly read: (name: string, given: unknown, faults: Faults) => T;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The table of an interface of options: each of its names, and no other. */
export type TableOf<Given> = { readonly [Name in keyof Required<Given>]: Option<unknown> };

/** The options of a table with every default filled in. */
export type Resolved<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer Value> ? Value : never;
};

/** Reads every option of the table. Undefined means the default. Unknown names: see `refuseUnknown`. */
export function resolveTable<Table extends OptionTable>(
  table: Table,
  given: unknown,
  faults: Faults,
  prefix = '',
): Resolved<Table> {
  const values = isObject(given) ? given : {};
  return Object.fromEntries(
    Object.entries(table).map(([name, option]) => [name, option.read(prefix + name, values[name], faults)]),
  ) as Resolved<Table>;
}

/** Options that belong together, under one name. `check` checks options that depend on each other. */
export const group = <Table extends OptionTable>(
  table: Table,
  check: (name: string, given: Readonly<Record<string, unknown>>, faults: Faults) => void = () => undefined,
): Option<Resolved<Table>> => ({
  shape: 'group',
  byDefault: '{}',
  table,
  read: (name, given, faults) => {
    const values = given ?? {};
    if (isObject(values)) check(name, values, faults);
    else
      faults.add(`${name}: got ${kindOf(given)}, expected an object with options. Known: ${namesOf(table)}.`);
    return resolveTable(table, values, faults, `${name}.`);
  },
});

/**
 * Adds a fault for every given name that no table has: otherwise a mistyped option would silently have no effect.
 * The fault names the most similar option of any level.
 * @param elsewhere names that are checked elsewhere: they cause no fault here, and may be the most similar option.
 */
export function refuseUnknown(
  table: OptionTable,
  given: unknown,
  faults: Faults,
  prefix = '',
  elsewhere: readonly string[] = [],
): void {
  const paths = pathsOf(table, prefix);
  refuseOtherNames([...Object.keys(table), ...elsewhere], given, faults, prefix, paths);
  refuseInGroups({ table, given, prefix }, paths, faults);
}

/**
 * Adds a fault for every given name but the known ones.
 * @param paths further options that may be meant, each with the names of its groups
 */
export function refuseOtherNames(
  known: readonly string[],
  given: unknown,
  faults: Faults,
  prefix: string,
  paths: readonly string[] = [],
): void {
  if (!isObject(given)) return;
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) faults.add(unknownOption(prefix, name, known, paths));
  }
}

interface Level {
  readonly table: OptionTable;
  readonly given: unknown;
  readonly prefix: string;
}

function refuseInGroups({ table, given, prefix }: Level, paths: readonly string[], faults: Faults): void {
  if (!isObject(given)) return;
  for (const [name, { table: inner }] of Object.entries(table)) {
    if (inner === undefined) continue;
    const level = { table: inner, given: given[name], prefix: `${prefix}${name}.` };
    refuseOtherNames(Object.keys(inner), level.given, faults, level.prefix, paths);
    refuseInGroups(level, paths, faults);
  }
}

function unknownOption(
  prefix: string,
  name: string,
  known: readonly string[],
  paths: readonly string[],
): string {
  const siblings = known.map((each) => prefix + each);
  const meant = nearest(name, [...siblings, ...paths], (path) => path.slice(path.lastIndexOf('.') + 1));
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `${prefix}${name}: there is no such option.${hint} Known: ${known.join(', ')}.`;
}

const pathsOf = (table: OptionTable, prefix: string): string[] =>
  Object.entries(table).flatMap(([name, option]) => [
    prefix + name,
    ...(option.table === undefined ? [] : pathsOf(option.table, `${prefix}${name}.`)),
  ]);

const namesOf = (table: OptionTable): string => Object.keys(table).join(', ');

/** The kind of a value, never the value itself, which may be a secret. */
export const kindOf = (value: unknown): string =>
  value === undefined
    ? 'nothing'
    : value === null
      ? 'null'
      : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
