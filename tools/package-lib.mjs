// Makes an installable package in dist/libs/meveto-logout of what the compiler wrote to dist/compiled: both builds, manifest, readme,
// changelog and licence. Then imports and requires the package by name from a separate folder, as an application would, and loads both builds together.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { entries } from './entries.mjs';
import { emitPackage } from './package-emit.mjs';
import { COMMONJS, packageManifest } from './package-manifest.mjs';
import { withoutRelativeLinks } from './package-readme.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const library = join(root, 'libs/meveto-logout');
const compiled = join(root, 'dist/compiled');
const built = join(root, 'dist/libs/meveto-logout');

rmSync(built, { recursive: true, force: true });
await emitPackage(compiled, built);
const { clientScripts } = await import(
  pathToFileURL(join(compiled, 'live/client-scripts.generated.js')).href
);
for (const [name, { content }] of Object.entries(clientScripts))
  writeFileSync(join(built, 'client', name), content);
const manifest = packageManifest(JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')));
writeFileSync(join(built, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
copyFileSync(join(root, 'LICENSE'), join(built, 'LICENSE'));
for (const page of ['README.md', 'CHANGELOG.md'])
  writeFileSync(join(built, page), withoutRelativeLinks(readFileSync(join(root, page), 'utf8')));

/** One function of each entry. */
const FUNCTIONS = {
  'nestjs-meveto-logout': ({ MevetoLogoutModule }) => MevetoLogoutModule?.forRoot,
  'nestjs-meveto-logout/typeorm': ({ typeOrmStore }) => typeOrmStore,
  'nestjs-meveto-logout/executors': ({ sqliteFile }) => sqliteFile,
  'nestjs-meveto-logout/socket-io': ({ resilientPool }) => resilientPool,
  'nestjs-meveto-logout/pusher': ({ pusher }) => pusher,
  'nestjs-meveto-logout/client': ({ connectMevetoLogout }) => connectMevetoLogout,
  'nestjs-meveto-logout/client/pusher': ({ pusherTransport }) => pusherTransport,
  'nestjs-meveto-logout/testing': ({ memoryStore }) => memoryStore,
  'nestjs-meveto-logout/terminus': ({ MevetoLogoutHealthIndicator }) => MevetoLogoutHealthIndicator,
  'nestjs-meveto-logout/prometheus': ({ prometheusMetrics }) => prometheusMetrics,
  'nestjs-meveto-logout/opentelemetry': ({ openTelemetry }) => openTelemetry,
};

const application = mkdtempSync(join(root, 'dist/application-'));
try {
  mkdirSync(join(application, 'node_modules'));
  symlinkSync(built, join(application, 'node_modules/nestjs-meveto-logout'));
  const main = join(application, 'main.mjs');
  writeFileSync(main, 'export const load = (name) => import(name);');
  const { load } = await import(pathToFileURL(main).href);
  const require = createRequire(main);
  for (const { name, file } of entries()) {
    for (const folder of ['', COMMONJS])
      if (!existsSync(join(built, folder, `${file}.d.ts`)))
        throw new Error(`The built package has no types of ${name}.`);
    for (const exported of [await load(name), require(name)])
      if (typeof FUNCTIONS[name]?.(exported) !== 'function')
        throw new Error(`The built package does not export what ${name} promises.`);
  }
} finally {
  rmSync(application, { recursive: true });
}
await import('./two-builds.mjs');
