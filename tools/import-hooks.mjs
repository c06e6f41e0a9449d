// Hooks of a process of `tools/import-cost.mjs`: writes the URL of each module that is loaded as a line to its third pipe.
import { writeSync } from 'node:fs';

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  writeSync(3, `${url}\n`);
  return nextLoad(url, context);
}
