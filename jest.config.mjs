import { availableParallelism } from 'node:os';
import { entries } from './tools/entries.mjs';

/** With TEST_TYPEORM=0.3 tests and package run on that version of TypeORM, by its alias in package.json. */
const typeOrm = process.env.TEST_TYPEORM;
if (typeOrm !== undefined && typeOrm !== '0.3') throw new Error("TEST_TYPEORM is '0.3', or unset.");

export const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    ...Object.fromEntries(
      entries().map(({ name, file }) => [`^${name}$`, `<rootDir>/libs/meveto-logout/src/${file}.ts`]),
    ),
    ...(typeOrm !== undefined && { '^typeorm($|/.*)': `typeorm-${typeOrm}$1` }),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.stryker-tmp/'],
};

export default {
  // Generous, since a busy machine is no fault of the code. Tests of speed measure the time themselves.
  testTimeout: 30_000,
  // Suites wait as much as they compute. By default Jest would use only one of two cores.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Jest keeps the modules of ended suites, and coverage counts all of them again after each suite. A worker that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
  coverageProvider: 'v8',
  coverageReporters: ['text', 'json-summary'],
  collectCoverageFrom: ['libs/*/src/**/*.ts', '!libs/*/src/testing/**', '!**/*.spec.ts'],
  // For the whole suite: `npm run test:coverage`.
  coverageThreshold: { global: { branches: 90, lines: 90 } },
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,apps,bench}/**/*.spec.ts', '<rootDir>/tools/*.spec.mjs'],
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/support/secrets/watch-tokens.ts'],
    },
  ],
};
