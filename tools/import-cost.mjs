// Checks what an import of the built package loads, and what it costs: `npm run build && node tools/import-cost.mjs`.
// - Each entry, in a process of its own, loads only those optional peers that it is for.
// - An import of the root takes at most 1.25 times as long as imports of the packages that it needs.
// The status is 1 if either is not so. With `--loads` it checks the first one alone: a time that depends on the machine must not fail CI.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entries } from './entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = new URL('../dist/libs/meveto-logout/', import.meta.url);
const ROUNDS = 15;
const MOST = 1.25;
const NEEDED = ['@nestjs/core', '@nestjs/websockets', 'axios', '@nestjs/axios', '@nestjs/schedule'];

/** The optional peers that an entry loads; with those that its library loads by itself. */
const ALLOWED = {
  'nestjs-meveto-logout/typeorm': ['@nestjs/typeorm', 'typeorm'],
  'nestjs-meveto-logout/terminus': ['@nestjs/terminus'],
  // prom-client requires the API of OpenTelemetry, one of its own dependencies.
  'nestjs-meveto-logout/prometheus': ['@opentelemetry/api', 'prom-client'],
  'nestjs-meveto-logout/opentelemetry': ['@opentelemetry/api'],
};
const manifest = JSON.parse(
  readFileSync(new URL('../libs/meveto-logout/package.json', import.meta.url), 'utf8'),
);
const OPTIONAL = [
  ...Object.keys(manifest.peerDependenciesMeta),
  '@nestjs/graphql',
  'graphql',
  '@nestjs/platform-ws',
];

const urlOf = (/** @type {string} */ file) => new URL(`${file}.js`, built).href;
const importsOf = (/** @type {readonly string[]} */ names) =>
  names.map((name) => `await import(${JSON.stringify(name)});`).join('');

/** Runs this code in a process. Returns the texts of its outputs. */
function run(/** @type {readonly string[]} */ flags, /** @type {string} */ code) {
  const { status, output } = spawnSync(process.execPath, ['--input-type=module', ...flags, '--eval', code], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`A process has failed: ${code}`);
  return output.map((text) => text ?? '');
}

/** The names of the packages that an import of this file loads, as ES modules and by require. */
function packagesOf(/** @type {string} */ url) {
  const hooks = new URL('import-hooks.mjs', import.meta.url).href;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(hooks)});`;
  const [, required = '', , imported = ''] = run(
    ['--import', `data:text/javascript,${encodeURIComponent(register)}`],
    `${importsOf([url])}
    const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'));`,
  );
  const paths = `${required}\n${imported}`.split('\n');
  const names = paths.map((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? '');
  return new Set(names);
}

/** How long these imports take in a new process, in milliseconds. */
const millisecondsOf = (/** @type {readonly string[]} */ names) =>
  Number(
    run(
      [],
      `const began = performance.now(); ${importsOf(names)} console.log(performance.now() - began);`,
    )[1],
  );

const median = (/** @type {number[]} */ values) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

let failed = false;
for (const { name, file } of entries()) {
  const packages = packagesOf(urlOf(file));
  const loaded = OPTIONAL.filter((each) => packages.has(each));
  const allowed = ALLOWED[name] ?? [];
  const wrong = loaded.filter((each) => !allowed.includes(each));
  const missing = allowed.filter((each) => !loaded.includes(each));
  if (wrong.length > 0 || missing.length > 0) failed = true;
  console.log(
    `${name}: loads ${loaded.join(', ') || 'no optional package'}${wrong.length > 0 ? `, not allowed: ${wrong.join(', ')}` : ''}`,
  );
  if (missing.length > 0) console.log(`${name}: does not load ${missing.join(', ')}, which it is for`);
}

function checkCost() {
  const [whole, needed, core] = [[urlOf('index')], NEEDED, ['@nestjs/core']];
  /** @type {{ root: number, ratio: number, core: number }[]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const rootMs = millisecondsOf(whole);
    rounds.push({ root: rootMs, ratio: rootMs / millisecondsOf(needed), core: millisecondsOf(core) });
  }
  const ratio = median(rounds.map((each) => each.ratio));
  if (ratio > MOST) failed = true;
  console.log(
    `Import of the root: ${ratio.toFixed(2)} times its packages (at most ${String(MOST)}), median of ${String(ROUNDS)} rounds; ` +
      `${median(rounds.map((each) => each.root)).toFixed(0)} ms, @nestjs/core alone ${median(rounds.map((each) => each.core)).toFixed(0)} ms`,
  );
}

if (!process.argv.includes('--loads')) checkCost();
process.exitCode = failed ? 1 : 0;
