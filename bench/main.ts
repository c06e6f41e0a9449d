// `npm run bench [-- --quick] [-- --only name,…]`: measures this package beside its peers. See docs/performance.md.
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chart } from './chart.js';
import { type Machine, machineFacts } from './machine.js';
import type { Measure, Ratio } from './measure.js';
import { measures } from './measures.js';
import { Progress } from './progress.js';
import type { FromMeasure } from './run-one.js';
import { markdownTable, plainTable } from './table.js';

type Ratios = Readonly<Record<string, Ratio>>;

/** A measure that takes longer hangs. */
const LIMIT_MS = { quick: 90_000, full: 1_800_000 };
const PAGE = 'docs/performance.md';
const CHART = 'docs/images/bench.svg';
const FIGURES = /(<!-- figures -->\n)[^]*(<!-- end of figures -->)/;

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const isQuick = values.quick;

function chosen(): readonly Measure[] {
  const only = values.only?.split(',');
  const known = measures.flatMap(({ names }) => names);
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no '${unknown}'; there are: ${known.join(', ')}.`);
  return measures.filter(({ names }) => only === undefined || names.some((name) => only.includes(name)));
}

/** Runs a measure in a process of its own, so that measures do not share heap, compiled code or timers. */
async function runOne({ names }: Measure, onShare: (share: number) => void): Promise<Ratios> {
  const [name = ''] = names;
  const child: ChildProcess = fork(
    fileURLToPath(new URL('run-one.js', import.meta.url)),
    [name, isQuick ? 'quick' : 'full'],
    { execArgv: ['--expose-gc', '--enable-source-maps'] },
  );
  let ratios: Ratios | undefined;
  child.on('message', (message) => {
    const told = message as FromMeasure;
    if ('ratios' in told) ratios = told.ratios;
    else onShare(told.progress[0] / told.progress[1]);
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), isQuick ? LIMIT_MS.quick : LIMIT_MS.full);
  const status = await new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      resolve(code ?? signal);
    });
  });
  clearTimeout(limit);
  if (status !== 0 || ratios === undefined) throw new Error(`ended with ${String(status)}`);
  return ratios;
}

/** The figures for the page: which run, on which machine, and the table. */
function figuresOf(machine: Machine, ratios: Ratios): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const { node, cpu, cores, loadAverage, fdatasyncUs } = machine;
  return [
    `Full run of ${new Date().toISOString().slice(0, 10)}, commit ${commit}: Node ${node}, ${String(cores)} cores (${cpu}),`,
    `load average ${loadAverage.toFixed(1)} at the start, fdatasync ${String(fdatasyncUs)} µs.`,
    '',
    markdownTable(ratios),
    '',
    '![Each figure as a share of its target](images/bench.svg)',
    '',
  ].join('\n');
}

const machine = machineFacts();
const begunAt = performance.now();
const ratios: Record<string, Ratio> = {};
const failed: string[] = [];
const toRun = chosen();
const progress = new Progress(toRun.length);
for (const [index, measure] of toRun.entries()) {
  const name = measure.names.join(', ');
  progress.show(index, name, 0);
  try {
    Object.assign(ratios, await runOne(measure, (share) => progress.show(index, name, share)));
  } catch (error) {
    failed.push(`${name}: ${String(error)}`);
  }
}
progress.end();
const tookSeconds = Math.round((performance.now() - begunAt) / 1_000);
writeFileSync(
  'bench/results.json',
  `${JSON.stringify({ machine, isQuick, tookSeconds, ratios }, undefined, 2)}\n`,
);
console.log(plainTable(ratios));
console.log(`\n${JSON.stringify(machine)}, ${String(tookSeconds)} s`);
if (!isQuick && values.only === undefined && failed.length === 0) {
  writeFileSync(CHART, chart(ratios));
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    page.replace(
      FIGURES,
      (_, begin: string, end: string) => `${begin}\n${figuresOf(machine, ratios)}\n${end}`,
    ),
  );
}
if (machine.loadAverage > machine.cores / 2)
  console.log(
    'The machine was busy when the run began: measure again on an idle one before you trust a figure.',
  );
for (const each of failed) console.error(`FAILED ${each}`);
// A timing never fails the run: only a measure that throws does.
process.exitCode = failed.length === 0 ? 0 : 1;
