import { common } from './jest.config.mjs';

// What mutants are tried with: the unit specs, and the contract suites of the memory store.
export default {
  ...common,
  testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/test/memory-store.e2e-spec.ts'],
};
