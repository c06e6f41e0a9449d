// Runs all checks before a change lands: `node tools/ci.mjs [--only name,…] [path of a smoke check]`. CI_POSTGRES_URL
// and CI_MARIADB_URL name the database servers; Redis is on 127.0.0.1:6379. CI_BEGAN_AT (seconds since 1970) is the
// start of the run, if earlier than now. The last line is `N passed, N failed`; the status is 1 if anything failed.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { coverageFaults, outcomeOf, outcomeOfBoth, reasonAgainstSecondRun } from './jest-report.mjs';

const POSTGRES = process.env['CI_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const MARIADB = process.env['CI_MARIADB_URL'] ?? 'mariadb://root@127.0.0.1:3306/mysql';
const COVERAGE = 'coverage/coverage-summary.json';
/** A run has 90 minutes: optional parts do not start later than this. */
const LATEST_START_S = 4_650;
/** A part with a long time-out ends at this time at the latest. */
const LATEST_END_S = 5_350;
/** Exit status of `npm run chaos` when its checker finds a violation. */
const FAULT_FOUND = 3;

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const [smoke] = positionals;
const began = Math.min(Number(process.env['CI_BEGAN_AT'] ?? Infinity) * 1_000, Date.now());
const folder = mkdtempSync(join(tmpdir(), 'meveto-ci-'));
/** The closing lines: figures, notes for a person, and the seconds that each part took. */
const totals = { passed: 0, failed: 0, notes: [], tookS: {} };

const seconds = () => Math.round((Date.now() - began) / 1_000);
const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};
function fail(note) {
  totals.failed += 1;
  totals.notes.push(note);
}

/** Runs a command and resolves with its status. Its output goes to the output of this process or to a file. */
function run(command, { database, timeoutS, output = 'inherit' } = {}) {
  // An undefined value removes the variable from the child's environment.
  const env = { ...process.env, TEST_DATABASE_URL: database };
  const whole = timeoutS === undefined ? command : ['timeout', String(timeoutS), ...command];
  console.log(
    `== ${whole.join(' ')}${database === undefined ? '' : ` on ${new URL(database).protocol}`} (at ${seconds()} s)`,
  );
  return new Promise((resolve) => {
    const child = spawn(whole[0], whole.slice(1), { env, stdio: ['inherit', output, output] });
    child.on('error', (error) => {
      console.error(error);
      resolve(1);
    });
    child.on('exit', (status) => resolve(status ?? 1));
  });
}

/** Runs something with a file for its output, and prints it at the end. */
async function intoFile(name, work) {
  const file = join(folder, `${name}.txt`);
  const output = openSync(file, 'w');
  try {
    return await work(output);
  } finally {
    closeSync(output);
    console.log(`== output of ${name} (at ${seconds()} s)\n${readFileSync(file, 'utf8')}`);
  }
}

/** Whether enough time is left. A skipped part counts as failed. */
function inTime(name) {
  if (seconds() < LATEST_START_S) return true;
  fail(`${name}: skipped for lack of time`);
  return false;
}

/** A command that passes or fails. */
async function step(name, command, options) {
  if ((await run(command, options)) === 0) totals.passed += 1;
  else fail(`${name}: failed`);
}

/** One run of a suite, with its report. */
async function runOfSuite({ name, script, options }, turn, jestArguments) {
  const file = join(folder, `${name}-${turn}.json`);
  const command = ['npm', 'run', script, '--', '--json', `--outputFile=${file}`, ...jestArguments];
  const status = await run(command, options);
  return { status, report: readJson(file) };
}

/**
 * A suite of Jest. Failed tests are repeated once, and listed if they pass then. Resolves with whether Jest has run.
 */
async function suite(definition) {
  const { name, script, scriptAgain = script, thresholds, jestArguments = [] } = definition;
  const failedBefore = totals.failed;
  let { status, report } = await runOfSuite(definition, 'first', jestArguments);
  if (report === undefined) {
    fail(`${name}: no report, status ${status}`);
    return false;
  }
  const faults = thresholds === undefined ? [] : coverageFaults(readJson(COVERAGE)?.total ?? {}, thresholds);
  const reason = faults.length > 0 ? 'the coverage is too low' : reasonAgainstSecondRun(report);
  let outcome = { ...outcomeOf(report), flaky: [] };
  if (status !== 0 && reason === undefined) {
    const second = await runOfSuite({ ...definition, script: scriptAgain }, 'second', [
      '--onlyFailures',
      '--coverage=false',
    ]);
    status = second.status;
    if (second.report !== undefined) outcome = outcomeOfBoth(report, second.report);
  } else if (status !== 0) totals.notes.push(`${name}: no second run: ${reason}`);
  count(name, outcome);
  for (const fault of faults) fail(`${name}: ${fault}`);
  if (status !== 0 && totals.failed === failedBefore) fail(`${name}: status ${status} without a failed test`);
  return true;
}

/** Adds the outcome of a suite to the totals. */
function count(name, { passed, failed, leftOut, flaky }) {
  const named = ({ file, title }) => `${name}: ${relative(process.cwd(), file)}: ${title}`;
  totals.passed += passed;
  for (const test of failed) fail(`${named(test)}: failed`);
  for (const test of leftOut) fail(`${named(test)}: skipped`);
  for (const test of flaky) totals.notes.push(`${named(test)}: passed in the second run only`);
}

/** Runs random kills in parallel, because they mostly wait. Resolves with the aborted ones. */
async function kills(...runs) {
  const finished = await Promise.all(
    runs
      .filter(({ name }) => inTime(name))
      .map(async (each) => ({
        each,
        status: await intoFile(each.name, (output) => run(each.command, { ...each, output })),
      })),
  );
  for (const { each, status } of finished) {
    if (status === 0) totals.passed += 1;
    if (status === FAULT_FOUND) fail(`${each.name}: a wrong history, not repeated`);
  }
  return finished.filter(({ status }) => status !== 0 && status !== FAULT_FOUND).map(({ each }) => each);
}

/** Repeats an aborted run once, alone, and lists it if it passes then. */
async function killsAlone({ name, command, ...options }) {
  if ((await run(command, options)) !== 0) return fail(`${name}: failed`);
  totals.passed += 1;
  totals.notes.push(`${name}: passed in the second run only`);
}

const killsOf = (name, timeoutS, database, ...args) => ({
  name,
  timeoutS,
  database,
  command: ['node', 'dist/chaos/run.cjs', ...args],
});

async function randomKills() {
  await step('build of the random kills', ['node', 'tools/build-chaos.mjs']);
  const aborted = [
    ...(await kills(
      killsOf('kills-sqlite', 900, undefined, '--kills', '200', '--seed', '1'),
      killsOf('kills-postgres', 900, POSTGRES, '--kills', '200', '--seed', '2', '--database', 'postgres'),
      killsOf('kills-mariadb', 900, MARIADB, '--kills', '200', '--seed', '5', '--database', 'mariadb'),
    )),
    ...(await kills(
      killsOf('kills-no-storage', 300, undefined, '--kills', '25', '--seed', '3', '--token-storage', 'none'),
      killsOf(
        'kills-after-logout',
        300,
        undefined,
        '--kills',
        '25',
        '--seed',
        '4',
        '--acknowledge',
        'after-logout',
      ),
    )),
  ];
  for (const each of aborted) await killsAlone(each);
}

async function check() {
  const { default: jest } = await import('../jest.config.mjs');
  rmSync(COVERAGE, { force: true });
  const thresholds = jest.coverageThreshold.global;
  return suite({
    name: 'check',
    script: 'check',
    scriptAgain: 'test',
    // 35 minutes for the tests, the rest for the preparation.
    options: { timeoutS: 2_400 },
    thresholds,
    jestArguments: ['--coverage'],
  });
}

/** A report: neither a missed target nor a lack of time is a failure. */
async function bench() {
  if (seconds() < LATEST_START_S)
    return step('bench', ['npm', 'run', 'bench', '--', '--quick'], { timeoutS: 300, database: POSTGRES });
  totals.notes.push('bench: not run for lack of time');
}

const suiteOf = (name, script, timeoutS, database) => [
  name,
  () => suite({ name, script, options: { timeoutS, database } }),
];
const PARTS = new Map([
  ['check', check],
  [
    'ways',
    async () => {
      await step('way of a token', ['node', 'tools/token-way.mjs'], { timeoutS: 180 });
      await step('way of a session', ['node', 'tools/session-way.mjs'], { timeoutS: 180 });
    },
  ],
  [
    'package',
    async () => {
      await step('lint of the package', ['npm', 'run', '-s', 'lint:package'], { timeoutS: 180 });
      await step('size of the package', ['node', 'tools/package-size.mjs'], { timeoutS: 120 });
      await step('public surface of the package', ['npm', 'run', '-s', 'api'], { timeoutS: 120 });
      await step('imports of the package', ['node', 'tools/import-cost.mjs', '--loads'], { timeoutS: 300 });
    },
  ],
  suiteOf('postgres', 'test:postgres', 1_200, POSTGRES),
  suiteOf('mysql', 'test:mysql', 1_200, MARIADB),
  suiteOf('fastify', 'test:fastify', 1_200),
  suiteOf('typeorm-0.3-sqlite', 'test:typeorm-0.3', 600),
  suiteOf('typeorm-0.3-postgres', 'test:typeorm-0.3', 600, POSTGRES),
  suiteOf('typeorm-0.3-mariadb', 'test:typeorm-0.3', 600, MARIADB),
  suiteOf('browser', 'test:browser', 900),
  ['smoke', () => (smoke === undefined ? undefined : step('smoke', [smoke]))],
  suiteOf('cluster', 'test:cluster', 600, POSTGRES),
  suiteOf('crash-sqlite', 'test:crash', 900),
  suiteOf('crash-postgres', 'test:crash', 900, POSTGRES),
  ['kills', randomKills],
  suiteOf('replicas', 'test:replicas', 700, POSTGRES),
  [
    'package-check',
    () =>
      step('check of the package', ['npm', 'run', 'check:package', '--', '--built'], {
        timeoutS: Math.min(900, LATEST_END_S - seconds()),
      }),
  ],
  // Last, because it builds the library, which deletes the built demo.
  ['bench', bench],
]);
/** Parts that start only while there is time; the random kills and the bench check the time themselves. */
const MAY_BE_LEFT_OUT = ['crash-sqlite', 'crash-postgres', 'replicas', 'package-check'];

function namesToRun() {
  const names = values.only?.split(',') ?? [...PARTS.keys()];
  const unknown = names.find((name) => !PARTS.has(name));
  if (unknown !== undefined)
    throw new Error(`There is no '${unknown}'; there are: ${[...PARTS.keys()].join(', ')}.`);
  return names;
}

for (const name of namesToRun()) {
  if (MAY_BE_LEFT_OUT.includes(name) && !inTime(name)) continue;
  const beganAtS = seconds();
  const hasReport = await PARTS.get(name)();
  totals.tookS[name] = seconds() - beganAtS;
  // Without a build the other suites cannot run.
  if (name === 'check' && !hasReport) break;
}
rmSync(folder, { recursive: true });
for (const note of totals.notes) console.log(`CI: ${note}`);
const parts = Object.entries(totals.tookS).map(([name, tookS]) => `${name} ${tookS}`);
console.log(`CI took ${seconds()} s: ${parts.join(', ')}.`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
