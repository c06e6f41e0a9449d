// The same suites on PostgreSQL: TEST_POSTGRES_URL, or a server on this machine. Further arguments go to Jest.
import { spawnSync } from 'node:child_process';

const env = { TEST_POSTGRES_URL: 'postgres://postgres@127.0.0.1:5432/postgres', ...process.env };
const args = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
const { status } = spawnSync(
  process.execPath,
  [...args, '--selectProjects', 'e2e', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env,
  },
);
process.exit(status ?? 1);
