import { common } from './jest.config.mjs';

/** Processes that are killed at every step of a job: `npm run test:crash`. */
export default {
  ...common,
  displayName: 'crash',
  testMatch: ['<rootDir>/test/chaos/**/*.crash-spec.ts'],
  globalSetup: '<rootDir>/tools/build-chaos.mjs',
};
