import { common } from './jest.config.mjs';

/** Tests in a real browser, on the compiled demo: `npm run build && npm run test:browser`. */
export default {
  ...common,
  displayName: 'browser',
  testMatch: ['<rootDir>/test/browser/**/*.browser-spec.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/secrets/watch-tokens.ts'],
  testTimeout: 60_000,
};
