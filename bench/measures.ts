import type { Measure } from './measure.js';
import { ackIdle } from './requests/ack-idle.js';
import { guardExpress } from './requests/guard-express.js';
import { guardFastify } from './requests/guard-fastify.js';
import { guardGrowth } from './requests/guard-growth.js';
import { ingestExpress, ingestFastify, ingestPostgres } from './requests/ingest.js';
import { rowsPerCommit } from './requests/rows-per-commit.js';
import { runMeasures } from './runs/measures.js';

/** All measures, in the order in which they run. */
export const measures: readonly Measure[] = [
  guardFastify,
  guardExpress,
  guardGrowth,
  ingestFastify,
  ingestExpress,
  ingestPostgres,
  rowsPerCommit,
  ackIdle,
  ...runMeasures,
];
