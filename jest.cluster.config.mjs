import { common } from './jest.config.mjs';

// Replicas share a PostgreSQL server and a Redis. The defaults are those on this machine; the environment may name others.
process.env['TEST_DATABASE_URL'] ??= 'postgres://postgres@127.0.0.1:5432/postgres';
process.env['TEST_REDIS_URL'] ??= 'redis://127.0.0.1:6379';

/** Several processes of the compiled demo: `npm run build && npm run test:cluster`. */
export default {
  ...common,
  displayName: 'cluster',
  testMatch: ['<rootDir>/test/cluster/**/*.cluster-spec.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/secrets/watch-tokens.ts'],
  testTimeout: 60_000,
  maxWorkers: 1,
};
