// Runs the end-to-end and contract suites with another database or HTTP adapter than SQLite and Express:
// `node tools/test-on.mjs postgres|mysql|fastify [Jest's arguments]`. TEST_DATABASE_URL names the database server;
// the default is the server on this machine. Suites that use no database or adapter are not repeated.
import { spawnSync } from 'node:child_process';

const DATABASE = 'test/support/database.ts';
const SURROUNDINGS = {
  postgres: [DATABASE, { TEST_DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/postgres' }],
  mysql: [DATABASE, { TEST_DATABASE_URL: 'mariadb://root@127.0.0.1:3306/mysql' }],
  fastify: ['test/support/hosts/http-adapters.ts', { TEST_HTTP_ADAPTER: 'fastify' }],
};
const [name = '', ...jestArguments] = process.argv.slice(2);
if (!Object.hasOwn(SURROUNDINGS, name))
  throw new Error(`Name one of: ${Object.keys(SURROUNDINGS).join(', ')}.`);
const [used, environment] = SURROUNDINGS[name];
const isWhole = jestArguments.every((each) => each.startsWith('-'));

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...jestArguments,
    '--selectProjects',
    'e2e',
    ...(isWhole ? ['--findRelatedTests', used] : []),
  ],
  { stdio: 'inherit', env: { ...environment, ...process.env } },
);
process.exit(status ?? 1);
