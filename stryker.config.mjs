const src = 'libs/meveto-logout/src';

/** Mutation tests of what decides: states of a call, sealing, exchange outcomes, the guard. `npm run test:mutation` */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.stryker.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  mutate: [
    `${src}/{inbox,exchange,secrets,guard}/**/*.ts`,
    `${src}/model/session-verdict.ts`,
    `${src}/worker/call-processor.ts`,
    `${src}/store/memory/memory-{inbox,rows}.ts`,
    '!**/*.spec.ts',
    '!**/*.port.ts',
  ],
  // Texts of log lines and errors are no decisions.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  thresholds: { high: 95, low: 85, break: 85 },
  tempDirName: '.stryker-tmp',
};
