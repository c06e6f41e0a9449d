import { availableParallelism } from 'node:os';

export const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^nestjs-meveto-logout$': '<rootDir>/libs/meveto-logout/src/index.ts',
    '^meveto-simulator$': '<rootDir>/apps/meveto-simulator/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.stryker-tmp/'],
};

export default {
  // A busy machine is no fault of the code: what must be quick is measured where it matters.
  testTimeout: 30_000,
  // Suites wait as much as they compute: of two cores Jest would leave one alone.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  coverageProvider: 'v8',
  coverageReporters: ['text', 'json-summary'],
  collectCoverageFrom: ['libs/**/*.ts', '!**/*.spec.ts'],
  // Of the whole suite: `npm run test:coverage`.
  coverageThreshold: { global: { branches: 90, lines: 90 } },
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/{libs,apps}/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/support/watch-tokens.ts'],
    },
  ],
};
