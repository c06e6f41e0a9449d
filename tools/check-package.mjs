// Packs the package, installs it into empty folders, and runs an application in each: a login, a logout by Meveto's
// webhook, and a refusal. `npm run check:package [-- --all] [--only <part of a name>] [--built] [--keep]`
// --all: every case on Node 20, 22 and 24; --built: uses the build that exists; --keep: keeps the folders.
// The last line is `N passed, N failed`; the status is 1 if anything failed.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES, GROUPS } from './package-check/cases.mjs';
import { npm } from './package-check/commands.mjs';
import { install } from './package-check/folders.mjs';
import { copySqliteBinary, nodeOf } from './package-check/nodes.mjs';
import * as runs from './package-check/runs.mjs';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    built: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'package-check-'));
const outcomes = [];
/** Promises of installed groups, by name: cases of one group share a folder. */
const installed = new Map();

async function attempt(name, work_) {
  const began = performance.now();
  let fault;
  try {
    await work_();
  } catch (error) {
    fault = error;
  }
  const seconds = Math.round((performance.now() - began) / 1_000);
  outcomes.push({ name, passed: fault === undefined, seconds });
  console.log(`${fault === undefined ? 'passed' : 'FAILED'}: ${name} (${seconds} s)`);
  if (fault !== undefined) console.log(String(fault.message));
}

function installedGroup(name) {
  const folder = join(work, name);
  if (!installed.has(name)) installed.set(name, install(process.execPath, folder, GROUPS[name], tarball));
  return installed.get(name).then(() => folder);
}

async function runCase(each, major) {
  const node = await nodeOf(major);
  const label = each.name.replaceAll(/\W+/g, '-');
  if (each.group === undefined) {
    const folder = join(work, `${label}-${major}`);
    mkdirSync(folder);
    await runs[each.kind]({ node, major, folder, variant: each, tarball });
    return;
  }
  const group = await installedGroup(each.group);
  await copySqliteBinary(group, major);
  const folder = join(group, label);
  await runs[each.kind]({ node, major, folder, variant: each, tarball });
}

if (!values.built) await npm(process.execPath, ['run', 'build'], { cwd: root, timeoutMs: 900_000 });
await npm(process.execPath, ['pack', join(root, 'dist/libs/meveto-logout'), '--loglevel=error'], {
  cwd: work,
});
const tarball = join(
  work,
  readdirSync(work).find((file) => file.endsWith('.tgz')),
);
const wanted = CASES.filter(({ name }) => name.includes(values.only)).flatMap((each) =>
  (values.all ? each.nodes : (each.always ?? [])).map((major) => ({ each, major })),
);
// Version by version, because a group has one binary of better-sqlite3 at a time.
wanted.sort((a, b) => a.major - b.major);
for (const { each, major } of wanted)
  await attempt(`${each.name}, Node ${major}`, () => runCase(each, major));
if (values.keep) console.log(`Kept: ${work}`);
// Some disks take minutes to delete so many files.
else spawn('rm', ['-rf', work], { detached: true, stdio: 'ignore' }).unref();

const failed = outcomes.filter(({ passed }) => !passed).length;
console.log(`${outcomes.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && outcomes.length > 0 ? 0 : 1;
