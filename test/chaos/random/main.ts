import { parseArgs } from 'node:util';
import { reportOf } from './report.js';
import { Storm } from './storm.js';

/** The history is wrong: no second run may hide that. Any other failure ends with 1. */
const FAULT_FOUND = 3;
const POSTGRES = 'postgres://postgres@127.0.0.1:5432/postgres';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '1' },
    database: { type: 'string', default: 'sqlite' },
    'calls-per-second': { type: 'string', default: '8' },
    acknowledge: { type: 'string', default: 'on-receipt' },
    'token-storage': { type: 'string', default: 'sealed' },
  },
});

function positive(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: wanted a positive integer`);
  return value;
}

function serverUrl(): string | undefined {
  if (values.database === 'sqlite') return undefined;
  if (values.database === 'postgres') return process.env['TEST_DATABASE_URL'] ?? POSTGRES;
  throw new Error('--database: wanted sqlite or postgres');
}

function oneOf<T extends string>(name: keyof typeof values, allowed: readonly T[]): T {
  const value = allowed.find((each) => each === values[name]);
  if (value === undefined) throw new Error(`--${name}: wanted ${allowed.join(' or ')}`);
  return value;
}

const options = {
  kills: positive('kills'),
  seed: positive('seed'),
  replicas: positive('replicas'),
  callsPerSecond: positive('calls-per-second'),
  serverUrl: serverUrl(),
  acknowledge: oneOf('acknowledge', ['on-receipt', 'after-logout']),
  tokenStorage: oneOf('token-storage', ['sealed', 'none']),
  progress: (text: string) => {
    console.error(`${new Date().toISOString()} ${text}`);
  },
};

Storm.run(options).then(
  (result) => {
    console.log(reportOf(values.database, options, result));
    process.exit(result.violations.length === 0 ? 0 : FAULT_FOUND);
  },
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
