import type { Measure } from './measure.js';
import { guardExpress } from './requests/guard-express.js';
import { guardFastify } from './requests/guard-fastify.js';
import { guardCall, guardGrowth } from './requests/guard-growth.js';

/** All measures, in the order in which they run. */
export const measures: readonly Measure[] = [guardFastify, guardExpress, guardGrowth, guardCall];
