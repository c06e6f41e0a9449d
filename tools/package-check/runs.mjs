// How a case is run. Each function resolves when the case has passed, and throws otherwise.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPILER, REQUIRED, SOCKET_IO, TESTING, TYPEORM } from './cases.mjs';
import { npmInstall, run } from './commands.mjs';
import { addTo, copySources, makeProject, makeTypedProject, writeJson, writeTests } from './folders.mjs';
import { copySqliteBinary } from './nodes.mjs';

const PASSED = 'The journey has passed.';
const JOURNEY_MS = 120_000;

async function start(node, args, options) {
  const output = await run(node, args, { timeoutMs: JOURNEY_MS, ...options });
  if (!output.includes(PASSED)) throw new Error(`The journey has not passed:\n${output.slice(-4_000)}`);
}

/** Compiles the project once for all versions of Node. */
async function compile(node, folder, variant) {
  if (existsSync(join(folder, 'dist'))) return;
  makeProject(folder, variant);
  await run(node, ['../node_modules/typescript/bin/tsc', '-p', '.'], { cwd: folder });
}

export async function compiled({ node, folder, variant }) {
  await compile(node, folder, variant);
  await start(node, ['dist/main.js'], { cwd: folder, env: variant.env });
}

/** The start fails with a message that says the remedy. */
export async function refused({ node, folder, variant }) {
  await compile(node, folder, variant);
  const output = await run(node, ['dist/main.js'], { cwd: folder, timeoutMs: JOURNEY_MS, status: 1 });
  if (!/ConfigurationError/.test(output) || !output.includes(variant.says))
    throw new Error(`The start did not say '${variant.says}':\n${output.slice(-4_000)}`);
}

// A busy machine may need more than the 5 s of a test by default.
const VITEST = ['run', '--testTimeout=30000', '--hookTimeout=30000'];
const JEST = ['--testTimeout=30000'];

export async function vitest({ node, folder, variant }) {
  makeProject(folder, variant);
  writeTests(join(folder, 'src'), { imported: 'vitest' });
  await run(node, ['../node_modules/vitest/vitest.mjs', ...VITEST], { cwd: folder });
}

export async function jest({ node, folder, variant }) {
  makeProject(folder, { ...variant, compilerOptions: { isolatedModules: true } });
  writeTests(join(folder, 'src'), { imported: '@jest/globals' });
  writeJson(join(folder, 'jest.config.json'), {
    rootDir: 'src',
    extensionsToTreatAsEsm: ['.ts'],
    transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/../tsconfig.json' }] },
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  });
  const args = ['--experimental-vm-modules', '../node_modules/jest/bin/jest.js', ...JEST];
  await run(node, args, { cwd: folder });
}

/** A project of `nest new`, with its test runner as it comes; then its build. */
export async function created({ node, major, folder, variant, tarball }) {
  const { nest } = variant;
  const cli = join(folder, 'cli');
  mkdirSync(cli, { recursive: true });
  writeJson(join(cli, 'package.json'), { private: true, dependencies: { '@nestjs/cli': `^${nest}.0.0` } });
  await npmInstall(node, cli);
  const options = ['new', 'app', '--skip-git', '--skip-install', '--package-manager', 'npm'];
  await run(node, [join(cli, 'node_modules/@nestjs/cli/bin/nest.js'), ...options], { cwd: folder });
  const app = join(folder, 'app');
  const added = { ...REQUIRED(nest), ...COMPILER, ...SOCKET_IO(nest), ...TESTING(nest) };
  await addTo(node, app, { ...added, ...TYPEORM(nest, nest === 11 ? '^0.3.20' : '^1.1.0') }, tarball);
  await copySqliteBinary(app, major);
  const sources = join(app, 'src/check');
  copySources(sources, variant);
  const { extensions } = variant;
  writeTests(sources, nest === 11 ? { extensions } : { imported: 'vitest', extensions });
  const runner =
    nest === 11 ? ['node_modules/jest/bin/jest.js', ...JEST] : ['node_modules/vitest/vitest.mjs', ...VITEST];
  await run(node, runner, { cwd: app });
  await run(node, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], { cwd: app });
  await start(node, [existsSync(join(app, 'dist/src')) ? 'dist/src/check/main.js' : 'dist/check/main.js'], {
    cwd: app,
  });
}

export async function types({ node, folder, variant }) {
  makeTypedProject(folder, variant);
  await run(node, [`../node_modules/typescript-${variant.typescript}/bin/tsc`, '-p', '.'], { cwd: folder });
}

/** Native code, and what Nest and TypeORM load only if it is installed. */
const EXTERNALS = [
  'better-sqlite3',
  '@nestjs/microservices',
  '@nestjs/microservices/*',
  'class-transformer',
  'class-transformer/*',
  'class-validator',
];
/** Drivers that TypeORM loads by name. */
const TYPEORM_DRIVERS = [
  '@google-cloud/spanner',
  '@sap/hana-client',
  '@sap/hana-client/*',
  'ioredis',
  'mongodb',
  'mssql',
  'mysql',
  'mysql2',
  'oracledb',
  'pg',
  'pg-native',
  'pg-query-stream',
  'react-native-sqlite-storage',
  'redis',
  'sql.js',
  'sqlite3',
  'typeorm-aurora-data-api-driver',
  'ts-node',
];

export async function esbuild({ node, folder, variant }) {
  makeProject(folder, variant);
  const format = variant.type === 'module' ? 'esm' : 'cjs';
  const file = format === 'esm' ? 'dist/main.mjs' : 'dist/main.cjs';
  // As ESM, CommonJS within the bundle calls require; as CommonJS, @nestjs/typeorm reads import.meta.url.
  const banner =
    format === 'esm'
      ? "import * as bannerModule from 'node:module'; const require = bannerModule.createRequire(import.meta.url);"
      : "const bannerUrl = require('node:url').pathToFileURL(__filename).href;";
  await run(
    node,
    [
      '../node_modules/esbuild/bin/esbuild',
      'src/main.ts',
      '--bundle',
      '--platform=node',
      '--target=node20',
      '--keep-names',
      '--log-level=error',
      `--format=${format}`,
      `--outfile=${file}`,
      `--banner:js=${banner}`,
      ...(format === 'cjs' ? ['--define:import.meta.url=bannerUrl'] : []),
      ...[...EXTERNALS, ...TYPEORM_DRIVERS].map((name) => `--external:${name}`),
    ],
    { cwd: folder },
  );
  await start(node, [file], { cwd: folder });
}

/** Bundles the package and Nest too: by default `nest build` leaves all of node_modules outside. */
export async function nestBuild({ node, folder, variant }) {
  const { builder } = variant;
  makeProject(folder, { ...variant, type: 'commonjs', extensions: false });
  const config = `${builder}.config.js`;
  writeJson(join(folder, 'nest-cli.json'), {
    sourceRoot: 'src',
    compilerOptions: { builder: { type: builder, options: { configPath: config } } },
  });
  const names = [...EXTERNALS, ...TYPEORM_DRIVERS].filter((name) => !name.endsWith('*'));
  writeFileSync(
    join(folder, config),
    `const external = ${JSON.stringify(names)};
module.exports = (options) => ({
  ...options,
  externals: [({ request }, done) => external.some((name) => request === name || request.startsWith(name + '/')) ? done(null, 'commonjs ' + request) : done()],
});
`,
  );
  await run(node, ['../node_modules/@nestjs/cli/bin/nest.js', 'build'], { cwd: folder });
  await start(node, ['dist/main.js'], { cwd: folder });
}
