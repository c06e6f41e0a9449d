import type { Measure } from '../measure.js';
import { drain } from './drain.js';
import { heap } from './heap.js';
import { memory } from './memory.js';
import { push } from './push.js';
import { rows } from './rows.js';
import { settle } from './settle.js';
import { start } from './start.js';

/** The measures whose variants take turns run by run. */
export const runMeasures: readonly Measure[] = [
  drain('sqlite'),
  drain('postgres'),
  settle('sqlite'),
  settle('postgres'),
  push,
  heap,
  memory,
  rows,
  start,
];
