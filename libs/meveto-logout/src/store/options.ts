import {
  type Faults,
  isObject,
  milliseconds,
  type Option,
  type Resolved,
  resolveTable,
  type TableOf,
} from '../core/index.js';
import type { StoreDefinition } from './store.port.js';

/** The store, and how long it may take. */
export interface StoreOptions {
  /** Where jobs, logouts and users are kept: `typeOrmStore({ … })`, `sqlStore({ … })` or `memoryStore({ … })`. */
  readonly store: StoreDefinition;
  /**
   * How long the store may take for one webhook before Meveto gets a 503 answer. Integer, 100 to 30 000.
   * @defaultValue 2500
   */
  readonly storeTimeoutMs?: number;
}

const store: Option<StoreDefinition> = {
  shape: 'store',
  byDefault: 'required',
  read: (name, given, faults) => {
    if (!isObject(given) || typeof given['create'] !== 'function') {
      faults.add(
        `${name}: expected typeOrmStore({ … }), sqlStore({ … }) or memoryStore({ … }). Jobs and logouts must be kept somewhere.`,
      );
    }
    return given as StoreDefinition;
  },
};

export const storeTable = {
  store,
  storeTimeoutMs: milliseconds(2_500, 100, 30_000),
} satisfies TableOf<StoreOptions>;

export type ResolvedStore = Resolved<typeof storeTable>;

/** Token of the resolved options of this folder. */
export const STORE_OPTIONS = Symbol.for('nestjs-meveto-logout:store-options');

export const resolveStore = (given: unknown, faults: Faults): ResolvedStore =>
  resolveTable(storeTable, given, faults);
