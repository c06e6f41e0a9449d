// `npm run test:sql-mutation [-- part of a file's name…]`: changes the SQL of the store in one place after the other, runs
// the contract suites of the stores on SQLite, prints the changes that no test detected, and exits with 1 below 85 %.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutantsOf } from './sql-mutants.mjs';

const MINIMUM_PERCENT = 85;
const TESTS = 'test/store/stores.e2e-spec.ts';
/** The suites that kill most mutants in half of the time. */
const FIRST = ['--testNamePattern', 'SQLite in memory'];
const TIMEOUT_MS = 60_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'libs/meveto-logout/src/store/sql';

const parts = process.argv.slice(2);
const files = readdirSync(join(root, folder))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
  // Code that SQLite never runs.
  .filter((name) => !/^((mysql|postgres)-engine|check-(affected|backslash))/.test(name))
  .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
const mutants = files.flatMap((name) =>
  mutantsOf(readFileSync(join(root, folder, name), 'utf8')).map((mutant) => ({ name, ...mutant })),
);

/** A copy of the files that the tests need. The tool changes the copy. */
function workshop() {
  const path = mkdtempSync(join(tmpdir(), 'sql-mutation-'));
  for (const each of ['libs', 'apps', 'test', 'package.json', 'jest.config.mjs', 'tsconfig.json', '.swcrc']) {
    cpSync(join(root, each), join(path, each), { recursive: true, force: true });
  }
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  return path;
}

/** Whether the tests pass in this copy: true or false, or 'late' after the time-out. @param {string} path */
async function passes(path) {
  const first = await passSome(path, FIRST);
  return first === true ? passSome(path, []) : first;
}

/** @param {string} path @param {string[]} some */
function passSome(path, some) {
  return new Promise((resolve) => {
    const jest = ['node_modules/jest/bin/jest.js', '--silent', '--maxWorkers=1', TESTS, ...some];
    const child = spawn(process.execPath, ['--experimental-vm-modules', ...jest], {
      cwd: path,
      stdio: 'ignore',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    child.once('close', (status) => {
      resolve(status === null ? 'late' : status === 0);
    });
  });
}

const queue = [...mutants.entries()];
const survivors = [];
let late = 0;
async function work() {
  const path = workshop();
  try {
    if ((await passes(path)) !== true) throw new Error('The tests fail without any mutant.');
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, { name, line, from, to, source }] = next;
      const target = join(path, folder, name);
      writeFileSync(target, source);
      const outcome = await passes(path);
      cpSync(join(root, folder, name), target);
      if (outcome === 'late') late += 1;
      if (outcome === true) {
        survivors.push(index);
        console.log(`survived: ${name}:${String(line)}  ${from}  →  ${to}`);
      }
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));

const killed = mutants.length - survivors.length;
const share = killed / mutants.length;
console.log(
  `${String(killed)} of ${String(mutants.length)} mutants killed (${String(late)} by the time-out): ${(100 * share).toFixed(1)} %`,
);
process.exitCode = share >= MINIMUM_PERCENT / 100 ? 0 : 1;
