import { entries } from './tools/entries.mjs';

const LIBRARY = 'libs/meveto-logout/src';

export default {
  // The entries of the package are imported by name. Its manifest is not in a workspace.
  paths: Object.fromEntries(entries().map(({ name, file }) => [name, [`${LIBRARY}/${file}.ts`]])),
  entry: [
    // Programs, and the script that is served to browsers.
    `${LIBRARY}/cli/index.ts`,
    `${LIBRARY}/client/script.ts`,
    'apps/*/src/main.ts',
    'tools/{can-connect,ci,import-cost,import-hooks,package-size,session-way,sockets-clients,sockets-host,token-way}.mjs',
    // What Jest runs.
    '{apps,bench,libs}/**/*.spec.ts',
    'test/**/*.{e2e,browser,cluster,crash,replicas}-spec.ts',
    'tools/*.spec.mjs',
    // What tools/bench.mjs, tools/build-chaos.mjs and tools/package-check compile and run.
    'bench/{main,run-one,soak/main}.ts',
    'bench/requests/load-process.ts',
    'bench/runs/{start-app,host,live-host,live-clients,memory-app,drain-meveto}.ts',
    'test/chaos/{host/main,host/boot,random/main}.ts',
    'test/package/app/{main,http-*,store-*}.ts',
    'test/package/types/*.ts',
    '{jest.stryker,stryker}.config.mjs',
  ],
  project: ['{apps,bench,libs,test,tools}/**/*.{ts,mjs}', '*.{js,mjs}'],
  jest: ['jest.config.mjs', 'jest.{browser,cluster,crash,replicas}.config.mjs'],
  // The configurations of Stryker need the room of a run. They are entries.
  stryker: false,
  ignoreDependencies: [
    // Stryker finds it by the name of the test runner.
    '@stryker-mutator/jest-runner',
    // @nestjs/apollo requires it by a name that it computes.
    '@as-integrations/express5',
    // jest.config.mjs maps typeorm to it.
    'typeorm-0.3',
  ],
  // Programs of the operating system.
  ignoreBinaries: ['mariadbd', 'taskset'],
  // The package check writes these two files, for each case.
  ignoreUnresolved: ['./http.js', './store.js'],
};
