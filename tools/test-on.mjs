// The end-to-end and contract suites on a database server: `node tools/test-on.mjs postgres|mysql [Jest's arguments]`.
// TEST_DATABASE_URL names the server; without it, one on this machine as its packages install it.
import { spawnSync } from 'node:child_process';

const SERVERS = {
  postgres: 'postgres://postgres@127.0.0.1:5432/postgres',
  mysql: 'mysql://root@127.0.0.1:3306/mysql',
};
const [server = '', ...jestArguments] = process.argv.slice(2);
if (!Object.hasOwn(SERVERS, server)) throw new Error(`Name one of: ${Object.keys(SERVERS).join(', ')}.`);

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    'e2e',
    ...jestArguments,
  ],
  { stdio: 'inherit', env: { TEST_DATABASE_URL: SERVERS[server], ...process.env } },
);
process.exit(status ?? 1);
