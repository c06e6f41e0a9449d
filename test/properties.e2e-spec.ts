import { afterAll, beforeAll, describe, it } from '@jest/globals';
import * as fc from 'fast-check';
import { sayWrongHistory } from './chaos/world/wrong-history.js';
import { type ClockedStores, memoryStores, sqliteStores } from './properties/clocked-store.js';
import { type History, histories } from './properties/commands.js';
import { Play } from './properties/play-history.js';
import { regressions } from './properties/regressions.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 1_000);
const SEED = process.env['PROPERTY_SEED'];

/** A failure names its seed and the shrunk history: put that into properties/regressions.ts. */
async function holds(stores: ClockedStores, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(histories, async (history) => {
    await Play.run(await stores.empty(), history);
  });
  try {
    await fc.assert(property, {
      numRuns,
      examples: regressions.map(({ history }): [History] => [history]),
      ...(SEED !== undefined && { seed: Number(SEED) }),
    });
  } catch (error) {
    sayWrongHistory();
    throw error;
  }
}

describe('a session is live if and only if it began after every logout of its user that was applied', () => {
  let sqlite: ClockedStores;
  beforeAll(async () => {
    sqlite = await sqliteStores();
  });
  afterAll(() => sqlite.close());

  it(`in ${String(RUNS)} histories of the memory store`, () => holds(memoryStores, RUNS), 60_000 + 20 * RUNS);
  it(
    `in ${String(RUNS)} histories of the TypeORM store on SQLite`,
    () => holds(sqlite, RUNS),
    60_000 + 100 * RUNS,
  );
});
