import { beginningAgain } from './beginning-again.contract.js';
import { bystanders } from './bystanders.contract.js';
import { claiming } from './claiming.contract.js';
import { committedLogouts } from './committed-logouts.contract.js';
import { concurrency } from './concurrency.contract.js';
import { expiring } from './expiring.contract.js';
import { forgetting } from './forgetting.contract.js';
import { knownIds } from './known-ids.contract.js';
import { knownTwice } from './known-twice.contract.js';
import { leasing } from './leasing.contract.js';
import { listing } from './listing.contract.js';
import { loggingIn } from './logging-in.contract.js';
import { inBatches } from './in-batches.js';
import { loggingOut } from './logging-out.contract.js';
import { logoutsTogether } from './logouts-together.contract.js';
import { namingKey } from './naming-key.contract.js';
import type { OpenedSqlRows } from './opened-sql-rows.js';
import type { OpenedSqlStore } from './opened-sql-store.js';
import type { OpenedStore } from './opened-store.js';
import { operating } from './operating.contract.js';
import { orderOfTimes } from './order-of-times.contract.js';
import { ownLogouts } from './own-logouts.contract.js';
import { priorities } from './priorities.contract.js';
import { purging } from './purging.contract.js';
import { receiving } from './receiving.contract.js';
import { renewing } from './renewing.contract.js';
import { serverTransactions } from './server-transactions.contract.js';
import { summary } from './summary.contract.js';
import type { TestRunner } from './test-runner.js';
import { type Tests, testsOf } from './tests.js';
import { tokensInMemory } from './tokens-in-memory.contract.js';
import { unknownKinds } from './unknown-kinds.contract.js';
import { unlinking } from './unlinking.contract.js';

const PARTS = [
  receiving,
  claiming,
  concurrency,
  listing,
  loggingOut,
  committedLogouts,
  logoutsTogether,
  ownLogouts,
  unlinking,
  loggingIn,
  summary,
  expiring,
  purging,
  forgetting,
  leasing,
  priorities,
  renewing,
  tokensInMemory,
  beginningAgain,
  knownTwice,
  knownIds,
  operating,
  unknownKinds,
  namingKey,
  orderOfTimes,
];

/** The parts of which logouts are tested once more as they are written in batches. */
const IN_BATCHES = [concurrency, loggingOut, committedLogouts, unlinking, orderOfTimes];

/** Declares the tests of the contract of every store. */
export function storeContract(runner: TestRunner, name: string, openStore: () => Promise<OpenedStore>): void {
  declareParts(testsOf(runner), name, openStore, PARTS);
}

/** Declares the same tests, and those of the rows that an operation leaves as they are. */
export function sqlStoreContract(
  runner: TestRunner,
  name: string,
  openStore: () => Promise<OpenedSqlRows>,
): void {
  declareParts(testsOf(runner), name, openStore, [...PARTS, bystanders]);
}

/** Declares the same tests, and those of the executor itself. */
export function executorStoreContract(
  runner: TestRunner,
  name: string,
  openStore: () => Promise<OpenedSqlStore>,
): void {
  declareParts(testsOf(runner), name, openStore, [...PARTS, bystanders, serverTransactions]);
}

function declareParts<T extends OpenedStore>(
  tests: Tests,
  name: string,
  openStore: () => Promise<T>,
  parts: readonly ((tests: Tests, current: () => T) => void)[],
): void {
  tests.describe(name, () => {
    let opened: T | undefined;
    const current = (): T => {
      if (opened === undefined) throw new Error('The store was not opened.');
      return opened;
    };
    tests.beforeAll(async () => {
      opened = await openStore();
    });
    tests.beforeEach(() => current().clear());
    tests.afterAll(async () => {
      await opened?.close();
    });
    for (const part of parts) part(tests, current);
    tests.describe('in batches', () => {
      // Forgets the times that the tests before have set ahead.
      tests.beforeAll(async () => {
        await current().clear();
        await current().restart();
      });
      for (const part of IN_BATCHES) part(tests, inBatches(current));
    });
  });
}
