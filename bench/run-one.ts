// Runs one measure in a process of its own and sends its figures to the runner: `run-one.js <name> [quick]`.
import 'reflect-metadata';
import { measures } from './measures.js';

/** What this process sends. */
export type FromMeasure =
  | { readonly progress: readonly [done: number, of: number] }
  | { readonly ratios: Awaited<ReturnType<(typeof measures)[number]['run']>> };

const send = (message: FromMeasure): void => void process.send?.(message);

/** A measure's share of a quick run: 17 measures, each with a last round that begins in time, take less than two minutes. */
const QUICK_MS = 5_000;

const [, , name = '', quick] = process.argv;
const isQuick = quick === 'quick';
const measure = measures.find(({ names }) => names.includes(name));
if (measure === undefined) throw new Error(`There is no measure '${name}'.`);
const ratios = await measure.run({
  isQuick,
  // This clock began with the process.
  hasTime: () => !isQuick || performance.now() < QUICK_MS,
  progress: (done, of) => {
    send({ progress: [done, of] });
  },
});
const missing = measure.names.find((each) => !(each in ratios));
if (missing !== undefined) throw new Error(`The measure did not write ${missing}.`);
send({ ratios });
process.disconnect();
