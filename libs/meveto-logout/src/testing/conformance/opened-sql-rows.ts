import type { OpenedStore } from './opened-store.js';

export type Row = Readonly<Record<string, unknown>>;

/** A store under test whose rows can be read, in tables with the usual names of columns. */
export interface OpenedSqlRows extends OpenedStore {
  /** The rows for which the condition is true, in an order that depends on their values only. */
  rows(
    table: 'jobs' | 'logouts' | 'senders' | 'users' | 'accessTokens',
    condition: string,
  ): Promise<readonly Row[]>;
}

/** Orders rows by their values. */
export const inOrder = (rows: readonly Row[]): readonly Row[] =>
  rows
    .map((row) => [JSON.stringify(Object.values(row).map(String)), row] as const)
    .sort(([one], [another]) => (one < another ? -1 : 1))
    .map(([, row]) => row);
