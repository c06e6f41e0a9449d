import { parseArgs } from 'node:util';
import { EXECUTORS } from '../host/settings.js';
import { reportOf } from './report.js';
import { KillRun } from './kill-run.js';

/** Exit status for a wrong history, which no second run may hide. Any other failure ends with 1. */
const FAULT_FOUND = 3;
const SERVERS = {
  postgres: 'postgres://postgres@127.0.0.1:5432/postgres',
  mariadb: 'mysql://root@127.0.0.1:3306/mysql',
};

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '1' },
    database: { type: 'string', default: 'sqlite' },
    executor: { type: 'string', default: 'typeorm' },
    'webhooks-per-second': { type: 'string', default: '8' },
    acknowledge: { type: 'string', default: 'on-receipt' },
    'token-storage': { type: 'string', default: 'sealed' },
  },
});

function positive(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a positive integer`);
  return value;
}

function oneOf<T extends string>(name: keyof typeof values, allowed: readonly T[]): T {
  const value = allowed.find((each) => each === values[name]);
  if (value === undefined) throw new Error(`--${name}: expected ${allowed.join(' or ')}`);
  return value;
}

function serverUrl(): string | undefined {
  const database = oneOf('database', ['sqlite', 'postgres', 'mariadb']);
  if (database === 'sqlite') return undefined;
  const url = process.env['TEST_DATABASE_URL'] ?? SERVERS[database];
  if (url.startsWith('postgres') !== (database === 'postgres'))
    throw new Error(`--database ${database}: TEST_DATABASE_URL names another kind of server`);
  return url;
}

const options = {
  kills: positive('kills'),
  seed: positive('seed'),
  replicas: positive('replicas'),
  webhooksPerSecond: positive('webhooks-per-second'),
  serverUrl: serverUrl(),
  executor: oneOf('executor', EXECUTORS),
  acknowledge: oneOf('acknowledge', ['on-receipt', 'after-logout']),
  tokenStorage: oneOf('token-storage', ['sealed', 'none']),
  progress: (text: string) => {
    console.error(`${new Date().toISOString()} ${text}`);
  },
};

if (options.serverUrl === undefined && options.executor === 'knex')
  throw new Error('--executor knex: expected --database postgres or mariadb');

KillRun.run(options).then(
  (result) => {
    console.log(reportOf(values.database, options, result));
    process.exit(result.violations.length === 0 ? 0 : FAULT_FOUND);
  },
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
