// Makes dist/libs/meveto-logout an installable package: manifest, licence, readme. Then imports the package by name
// from a separate folder, as an application would.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist/libs/meveto-logout');
copyFileSync(join(root, 'libs/meveto-logout/package.json'), join(built, 'package.json'));
for (const file of ['LICENSE', 'README.md']) copyFileSync(join(root, file), join(built, file));
const { clientScripts } = await import(pathToFileURL(join(built, 'live/client-scripts.generated.js')).href);
for (const [name, { content }] of Object.entries(clientScripts))
  writeFileSync(join(built, 'client', name), content);

const application = mkdtempSync(join(root, 'dist/application-'));
try {
  mkdirSync(join(application, 'node_modules'));
  symlinkSync(built, join(application, 'node_modules/nestjs-meveto-logout'));
  writeFileSync(
    join(application, 'main.mjs'),
    [
      "export * from 'nestjs-meveto-logout';",
      "export * as client from 'nestjs-meveto-logout/client';",
      "export * as terminus from 'nestjs-meveto-logout/terminus';",
      "export * as prometheus from 'nestjs-meveto-logout/prometheus';",
      "export * as opentelemetry from 'nestjs-meveto-logout/opentelemetry';",
    ].join('\n'),
  );
  const used = await import(pathToFileURL(join(application, 'main.mjs')).href);
  const functions = [
    used.MevetoLogoutModule?.forRoot,
    used.client?.connectMevetoLogout,
    used.terminus?.MevetoLogoutHealthIndicator,
    used.prometheus?.prometheusMetrics,
    used.opentelemetry?.openTelemetry,
  ];
  if (!functions.every((each) => typeof each === 'function')) {
    throw new Error('The built package does not export what the README uses.');
  }
} finally {
  rmSync(application, { recursive: true });
}
