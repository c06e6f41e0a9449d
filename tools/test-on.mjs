// Runs the end-to-end and contract suites with another database, HTTP adapter or TypeORM than SQLite, Express and
// TypeORM 1: `node tools/test-on.mjs postgres|mysql|fastify|typeorm-0.3 [Jest's arguments]`. TEST_DATABASE_URL names the
// database server; the default of postgres and mysql is the server on this machine, that of the others is SQLite.
// Suites that use no database, no adapter or not TypeORM's store are not repeated.
import { spawnSync } from 'node:child_process';

const DATABASE = 'test/support/database.ts';
const related = (file) => ['--findRelatedTests', file];
const TYPEORM = [
  'stores',
  'host-tables',
  'migrations',
  'schema-steps',
  'schema-tools',
  'executors',
  'typeorm-version',
];
const SURROUNDINGS = {
  postgres: [related(DATABASE), { TEST_DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/postgres' }],
  mysql: [related(DATABASE), { TEST_DATABASE_URL: 'mariadb://root@127.0.0.1:3306/mysql' }],
  fastify: [related('test/support/hosts/http-adapters.ts'), { TEST_HTTP_ADAPTER: 'fastify' }],
  'typeorm-0.3': [[`test/store/(${TYPEORM.join('|')})\\.e2e-spec`], { TEST_TYPEORM: '0.3' }],
};
const [name = '', ...jestArguments] = process.argv.slice(2);
if (!Object.hasOwn(SURROUNDINGS, name))
  throw new Error(`Name one of: ${Object.keys(SURROUNDINGS).join(', ')}.`);
const [suites, environment] = SURROUNDINGS[name];
const isWhole = jestArguments.every((each) => each.startsWith('-'));

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...(isWhole ? suites : []),
    ...jestArguments,
    '--selectProjects',
    'e2e',
  ],
  { stdio: 'inherit', env: { ...environment, ...process.env } },
);
process.exit(status ?? 1);
