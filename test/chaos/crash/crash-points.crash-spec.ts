import { describe, it } from '@jest/globals';
import { CRASH_POINTS, OUTCOMES, SIGNALS } from './cells.js';
import { type Cell, runCell } from './run-cell.js';
import { Pool } from './pool.js';

const SERVER = process.env['TEST_DATABASE_URL'];
if (SERVER !== undefined && !SERVER.startsWith('postgres'))
  throw new Error('The crash tests run on SQLite, or on the PostgreSQL server in TEST_DATABASE_URL.');

const AT_ONCE = 6;
/** Includes the wait while other cells of the table run. */
const TIMEOUT_MS = 600_000;

const pool = new Pool(AT_ONCE);
const only = process.env['CRASH_POINT'];

describe(`a process that dies, on ${SERVER === undefined ? 'SQLite' : 'PostgreSQL'}`, () => {
  for (const point of CRASH_POINTS) {
    if (only !== undefined && point.id !== only) continue;
    describe(`${point.id}: ${point.dies}`, () => {
      for (const signal of SIGNALS) {
        for (const outcome of OUTCOMES) {
          // cells.ts names impossible cells, with the reason.
          if (point.leftOut?.[outcome] !== undefined) continue;
          const cell: Cell = { point, outcome, signal };
          const result = pool.add(() => runCell(cell, SERVER));
          it(
            `by ${signal}, and Meveto ${outcome}: the outcome is ${point.ends[signal][outcome]}`,
            () => result(),
            TIMEOUT_MS,
          );
        }
      }
    });
  }
});
