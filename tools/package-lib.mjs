// Makes dist/libs/meveto-logout an installable package: manifest, licence, readme. Then imports the package by name
// from a separate folder, as an application would.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { entries } from './entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist/libs/meveto-logout');
copyFileSync(join(root, 'libs/meveto-logout/package.json'), join(built, 'package.json'));
for (const file of ['LICENSE', 'README.md']) copyFileSync(join(root, file), join(built, file));
const { clientScripts } = await import(pathToFileURL(join(built, 'live/client-scripts.generated.js')).href);
for (const [name, { content }] of Object.entries(clientScripts))
  writeFileSync(join(built, 'client', name), content);

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
  for (const { name, file } of entries()) {
    if (!existsSync(join(built, `${file}.d.ts`)))
      throw new Error(`The built package has no types of ${name}.`);
    if (typeof FUNCTIONS[name]?.(await load(name)) !== 'function')
      throw new Error(`The built package does not export what ${name} promises.`);
  }
} finally {
  rmSync(application, { recursive: true });
}
