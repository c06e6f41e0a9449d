import type { Measure } from './measure.js';
import { guardFastify } from './requests/guard-fastify.js';

/** All measures, in the order in which they run. */
export const measures: readonly Measure[] = [guardFastify];
