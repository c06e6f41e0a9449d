import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { asWrongHistory } from '../chaos/world/wrong-history.js';
import { clockedStore } from './clocked-store.js';
import { type History, histories } from './commands.js';
import { Play } from './play-history.js';
import { regressions } from './regressions.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000);
const SEED = process.env['PROPERTY_SEED'];

/** Checks the property. A failure prints the seed and the shrunk history; add the history to properties/regressions.ts. */
async function checkHistories(numRuns: number): Promise<void> {
  const property = fc.asyncProperty(histories, async (history) => {
    await Play.run(await clockedStore(), history);
  });
  try {
    await fc.assert(property, {
      numRuns,
      examples: regressions.map(({ history }): [History] => [history]),
      ...(SEED !== undefined && { seed: Number(SEED) }),
    });
  } catch (error) {
    throw asWrongHistory(error);
  }
}

describe('a session is live if and only if it began after every logout of its user that was applied', () => {
  beforeAll(() => {
    // Time passes in the store's clock only.
    jest.spyOn(performance, 'now').mockReturnValue(1);
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });

  it(`in ${String(RUNS)} histories of the memory store`, () => checkHistories(RUNS), 60_000 + 100 * RUNS);
});
