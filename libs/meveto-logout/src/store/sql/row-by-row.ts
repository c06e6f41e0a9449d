import { LRUCache } from 'lru-cache';
import { storeEvents } from '../events.js';
import { Isolation, isRowFault } from '../isolation.js';
import { placeholders, type Script, type SqlEngine, type SqlValue } from './sql.js';

const REFUSED_FOR_MS = 600_000;
const MAX_REFUSED = 200;

/** Which rows a statement may select, besides its own conditions. */
export interface Selection {
  /** The only keys; every key by default. */
  readonly only?: readonly string[] | undefined;
  readonly except: readonly string[];
}

/** A selection as a condition, to be appended to a WHERE clause. */
export function selected(
  key: string,
  { only, except }: Selection,
): { sql: string; params: readonly SqlValue[] } {
  const among = (keys: readonly string[]): string => `IN (${placeholders(keys.length)})`;
  const conditions = [
    ...(only === undefined ? [] : [`AND ${key} ${among(only)}`]),
    ...(except.length === 0 ? [] : [`AND ${key} NOT ${among(except)}`]),
  ];
  return { sql: conditions.join(' '), params: [...(only ?? []), ...except] };
}

/**
 * Changes the rows that a query selects, all in one transaction. If the database refuses one of them, by a constraint or a trigger, it
 * changes the others apart, and leaves out the refused rows for ten minutes: they must neither fail nor fill each batch.
 */
export class RowByRow {
  readonly #refused = new LRUCache<string, true>({ max: MAX_REFUSED, ttl: REFUSED_FOR_MS });

  constructor(private readonly engine: SqlEngine) {}

  /**
   * @param change changes the selected rows
   * @param find the keys of the rows that `change` would change, read without a lock
   * @returns the result of each transaction
   */
  async change<R>(
    operation: string,
    change: (selection: Selection) => Script<R>,
    find: (selection: Selection) => Script<readonly string[]>,
  ): Promise<R[]> {
    const except = this.#keys();
    try {
      return [await this.engine.transaction(operation, () => change({ except }))];
    } catch (error) {
      if (!isRowFault(error)) throw error;
    }
    const keys = await this.engine.read(operation, () => find({ except }));
    const { results, failed } = await new Isolation().write(keys, (only) =>
      this.engine.transaction(operation, () => change({ only, except: [] })),
    );
    this.#remember(
      operation,
      failed.filter(({ error }) => isRowFault(error)).map(({ job }) => job),
    );
    return [...results];
  }

  #keys(): readonly string[] {
    this.#refused.purgeStale();
    return [...this.#refused.keys()];
  }

  /** The database's error is not logged: it may contain values. */
  #remember(operation: string, keys: readonly string[]): void {
    for (const key of keys) this.#refused.set(key, true);
    const [rowId] = keys;
    if (rowId === undefined) return;
    const refused = { operation, count: keys.length, rowId };
    this.engine.events.emit(storeEvents.MEVETO_ROWS_REFUSED, refused);
  }
}
