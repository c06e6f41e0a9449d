import { common } from './jest.config.mjs';

/** Several processes on one PostgreSQL, and what can happen to them and to the network: `npm run test:replicas`. */
export default {
  ...common,
  displayName: 'replicas',
  testMatch: ['<rootDir>/test/chaos/**/*.replicas-spec.ts'],
  globalSetup: '<rootDir>/tools/build-chaos.mjs',
  maxWorkers: 2,
};
