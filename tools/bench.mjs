// `npm run bench`: builds the library as for publication, compiles bench/ to dist/bench with its decorators' metadata, and
// runs it. The arguments are those of bench/main.ts. `npm run soak` does the same with bench/soak/main.ts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';
import { entries } from './entries.mjs';

const LIBRARY = 'dist/compiled';
const files = new Map(entries().map(({ name, file }) => [name, file]));

function run(command, args) {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? (signal === null ? 1 : 130));
}

run('npm', ['run', '-s', 'build:lib']);
rmSync('dist/bench', { recursive: true, force: true });
for (const name of readdirSync('bench', { recursive: true })) {
  if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
  const output = join('dist/bench', name.replace(/\.ts$/, '.js'));
  const library = relative(dirname(output), LIBRARY);
  const { code } = transformFileSync(join('bench', name), { sourceMaps: 'inline' });
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(
    output,
    code
      .replaceAll(/(["'])(nestjs-meveto-logout[\w/-]*)\1/g, (_, quote, name) =>
        JSON.stringify(`${library}/${files.get(name)}.js`),
      )
      .replaceAll(/(["'])(?:\.\.\/)+libs\/meveto-logout\/src\//g, `$1${library}/`),
  );
}
// As for the tests; BENCH_POSTGRES_URL comes first.
const { TEST_DATABASE_URL: tested = '' } = process.env;
if (tested.startsWith('postgres')) process.env.BENCH_POSTGRES_URL ??= tested;
const isSoak = process.argv[2] === 'soak';
const main = isSoak ? 'dist/bench/soak/main.js' : 'dist/bench/main.js';
run('node', [main, ...process.argv.slice(isSoak ? 3 : 2)]);
