import { common } from './jest.config.mjs';

/** Failures of several processes on one PostgreSQL, and of their network: `npm run test:replicas`. */
export default {
  ...common,
  displayName: 'replicas',
  testMatch: ['<rootDir>/test/chaos/**/*.replicas-spec.ts'],
  globalSetup: '<rootDir>/tools/build-chaos.mjs',
  maxWorkers: 2,
};
