// The folders of the check: what is installed in them, and the application's sources.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmInstall } from './commands.mjs';

const testFolder = fileURLToPath(new URL('../../test', import.meta.url));
const sources = join(testFolder, 'package/app');

export const writeJson = (path, value) => writeFileSync(path, JSON.stringify(value, null, 2));
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * Installs the dependencies and the package into a new folder.
 * @throws {Error} if a package of `absent` is installed nevertheless
 */
export async function install(node, folder, { dependencies, absent = [] }, tarball) {
  mkdirSync(folder);
  const all = { ...dependencies, 'nestjs-meveto-logout': `file:${tarball}` };
  writeJson(join(folder, 'package.json'), { private: true, dependencies: all });
  await npmInstall(node, folder);
  for (const name of absent)
    if (existsSync(join(folder, 'node_modules', name))) throw new Error(`${name} is installed.`);
}

/** Adds dependencies and the package to a project that has a package.json, and installs all. */
export async function addTo(node, folder, dependencies, tarball) {
  const path = join(folder, 'package.json');
  const manifest = readJson(path);
  const added = { ...dependencies, 'nestjs-meveto-logout': `file:${tarball}` };
  writeJson(path, { ...manifest, dependencies: { ...added, ...manifest.dependencies } });
  await npmInstall(node, folder);
}

const withoutExtensions = (text) => text.replaceAll(/(from '\.\/[^']+)\.js'/g, "$1'");

/**
 * Copies the application's sources. `http` is express or fastify, `store` typeorm or knex. Without `extensions` the
 * sources import each other as `./file` instead of `./file.js`, as a project of Nest 11 does.
 */
export function copySources(folder, { http = 'express', store = 'typeorm', extensions = true }) {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(sources)) {
    const [, port, adapter] = /^(http|store)-(.+)\.ts$/.exec(file) ?? [];
    if (port !== undefined && adapter !== { http, store }[port]) continue;
    const text = readFileSync(join(sources, file), 'utf8');
    writeFileSync(
      join(folder, port === undefined ? file : `${port}.ts`),
      extensions ? text : withoutExtensions(text),
    );
  }
}

const SPEC = `import { startApp } from './app.js';
import { journey } from './journey.js';

it('logs a user in and out', () => journey(startApp), 120_000);
`;

/**
 * Writes tests into a folder with the application's sources: the application's own, and the one of docs/testing.md.
 * `imported` is the module that exports `it`; without it, `it` is global.
 */
export function writeTests(folder, { imported, extensions = true }) {
  const write = (file, text) => {
    const outcome = imported === undefined ? text : text.replace('@jest/globals', imported);
    writeFileSync(join(folder, file), extensions ? outcome : withoutExtensions(outcome));
  };
  write('journey.spec.ts', imported === undefined ? SPEC : `import { it } from '${imported}';\n${SPEC}`);
  const kit = (file) => readFileSync(join(testFolder, 'testing', file), 'utf8');
  write('everywhere.spec.ts', kit('everywhere.e2e-spec.ts'));
  write('app.module.ts', kit('app.module.ts'));
}

/** A project in a folder below an installed one: sources, manifest and tsconfig.json, as ESM or CommonJS. */
export function makeProject(folder, { type, compilerOptions = {}, ...variant }) {
  copySources(join(folder, 'src'), variant);
  writeJson(join(folder, 'package.json'), { private: true, type });
  writeJson(join(folder, 'tsconfig.json'), {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      moduleResolution: 'nodenext',
      esModuleInterop: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
      ...compilerOptions,
    },
    include: ['src'],
  });
}

/** A project that uses the package's types strictly, without running. With nodenext both as ESM and as CommonJS. */
export function makeTypedProject(folder, { files, compilerOptions }) {
  mkdirSync(folder);
  const extensions = compilerOptions.moduleResolution === 'nodenext' ? ['mts', 'cts'] : ['ts'];
  for (const file of files)
    for (const extension of extensions)
      copyFileSync(join(testFolder, 'package/types', `${file}.ts`), join(folder, `${file}.${extension}`));
  writeJson(join(folder, 'tsconfig.json'), {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023', 'dom'],
      esModuleInterop: true,
      experimentalDecorators: true,
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      ...compilerOptions,
    },
  });
}
