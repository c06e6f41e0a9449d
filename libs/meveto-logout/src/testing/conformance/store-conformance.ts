import { type OpenedExecutor, OpenedSqlStore } from './opened-sql-store.js';
import { executorStoreContract } from './store-contract.js';
import type { TestRunner } from './test-runner.js';

export interface ConformanceOptions {
  /** The title of the suite, such as `'Knex on PostgreSQL'`. */
  readonly name: string;
  /** Opens the executor, before the first test. Its database must be reachable, and may contain other tables. */
  readonly open: () => OpenedExecutor | Promise<OpenedExecutor>;
}

/**
 * Declares the tests that a store must pass on an executor. The suite creates tables of its own through the executor, and drops them at the
 * end.
 * @param runner Jest: `import * as jest from '@jest/globals'`. Vitest: `import * as vitest from 'vitest'`
 * @see docs/stores.md
 */
export function storeConformance(runner: TestRunner, { name, open }: ConformanceOptions): void {
  executorStoreContract(runner, name, async () => OpenedSqlStore.open(await open()));
}
