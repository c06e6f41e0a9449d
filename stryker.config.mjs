import { roomOfRun } from './tools/mutation-rooms.mjs';

const room = process.env['MUTATION_ROOM'];

/** Mutation tests of what decides: states of a call, sealing, exchange outcomes, the guard. `npm run test:mutation` */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.stryker.config.mjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  mutate: [...roomOfRun().mutate, '!**/*.spec.ts', '!**/*.port.ts', '!**/*.decorator.ts'],
  // Texts of log lines and errors are no decisions.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: 2,
  // Jest's module contexts are not freed: a fresh process is faster.
  maxTestRunnerReuse: 30,
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: `reports/mutation-${String(room)}.json` },
  tempDirName: '.stryker-tmp',
};
