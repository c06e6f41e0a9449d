import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { claiming } from './claiming.contract.js';
import { concurrency } from './concurrency.contract.js';
import { forgetting } from './forgetting.contract.js';
import { holding } from './holding.contract.js';
import { housekeeping } from './housekeeping.contract.js';
import { knownTwice } from './known-twice.contract.js';
import { lanes } from './lanes.contract.js';
import { leasing } from './leasing.contract.js';
import { listing } from './listing.contract.js';
import { loggingIn } from './logging-in.contract.js';
import { loggingOut } from './logging-out.contract.js';
import type { OpenedStore } from './opened-store.js';
import { operating } from './operating.contract.js';
import { receiving } from './receiving.contract.js';
import { unlinking } from './unlinking.contract.js';

/** What every store promises, whatever it keeps its rows in. */
export function storeContract(name: string, openStore: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore;
    beforeAll(async () => {
      opened = await openStore();
    });
    beforeEach(() => opened.clear());
    afterAll(() => opened.close());

    for (const part of [
      receiving,
      claiming,
      concurrency,
      listing,
      loggingOut,
      unlinking,
      loggingIn,
      housekeeping,
      forgetting,
      leasing,
      lanes,
      holding,
      knownTwice,
      operating,
    ]) {
      part(() => opened);
    }
  });
}
