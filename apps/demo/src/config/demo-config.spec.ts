import { describe, expect, it } from '@jest/globals';
import { describeDatabase } from './database-target.js';
import { DemoConfigError } from './demo-config-error.js';
import { readDemoConfig } from './demo-config.js';
import type { Environment } from './environment-reader.js';

const REMOTE = {
  MEVETO_API_URL: 'https://prod.meveto.com',
  MEVETO_CLIENT_ID: 'client',
  MEVETO_CLIENT_SECRET: 'a-client-secret-of-some-length',
};

function faultsOf(environment: Environment): readonly string[] {
  try {
    readDemoConfig(environment);
  } catch (error) {
    if (error instanceof DemoConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readDemoConfig', () => {
  it('runs with nothing set: SQLite file, simulator, demo client', () => {
    expect(readDemoConfig({})).toEqual({
      port: 3000,
      database: { kind: 'sqlite', path: 'demo.sqlite' },
      meveto: { kind: 'simulator', port: 4000 },
      client: { clientId: 'demo-client', clientSecret: expect.any(String) },
      webhookSecretPath: undefined,
      sessionSecret: undefined,
      publicUrl: undefined,
      reconcileCron: undefined,
      demoUsers: 0,
      cluster: { kind: 'none' },
    });
  });

  it('treats an empty variable as unset', () => {
    expect(readDemoConfig({ PORT: '', MEVETO_API_URL: '  ' }).port).toBe(3000);
  });

  it.each([
    ['https://prod.meveto.com', undefined, 'https://dashboard.meveto.com'],
    ['http://127.0.0.1:4711', undefined, 'http://127.0.0.1:4711'],
    ['http://127.0.0.1:4711/', 'http://localhost:4712', 'http://localhost:4712'],
  ])('knows the dashboard of %s given %s', (api, dashboard, expected) => {
    const { meveto } = readDemoConfig({ ...REMOTE, MEVETO_API_URL: api, MEVETO_DASHBOARD_URL: dashboard });
    expect(meveto).toMatchObject({ kind: 'remote', dashboardUrl: expected });
  });

  it.each(['http://prod.meveto.com', 'ftp://localhost', 'https://prod.meveto.com/api', 'nonsense'])(
    'refuses %s as the address of Meveto',
    (url) => {
      expect(faultsOf({ ...REMOTE, MEVETO_API_URL: url })).toEqual([
        expect.stringMatching(/^MEVETO_API_URL /),
      ]);
    },
  );

  it('requires client id and secret with a real Meveto', () => {
    expect(faultsOf({ MEVETO_API_URL: REMOTE.MEVETO_API_URL })).toEqual([
      expect.stringMatching(/^MEVETO_CLIENT_ID is missing: .+\.$/),
      expect.stringMatching(/^MEVETO_CLIENT_SECRET is missing: .+\.$/),
    ]);
  });

  it.each(['hunter2', 'fifteen-bytes-1', 'a'.repeat(40)])(
    'asks for a longer client secret than %s, and does not quote it',
    (secret) => {
      for (const environment of [{}, REMOTE]) {
        const faults = faultsOf({ ...environment, MEVETO_CLIENT_SECRET: secret });
        expect(faults).toEqual([
          expect.stringMatching(
            /^MEVETO_CLIENT_SECRET has fewer than 16 bytes, .*: have Meveto issue a longer one/,
          ),
        ]);
        expect(faults.join()).not.toContain(secret);
      }
    },
  );

  it('lists every fault at once, with the remedy and without a secret', () => {
    const environment = {
      PORT: '70000',
      DATABASE_URL: 'oracle://scott:tiger@host/db',
      MEVETO_WEBHOOK_SECRET_PATH: 'short-secret',
      SESSION_SECRET: 'the-same-secret-in-both',
      MEVETO_CLIENT_SECRET: 'the-same-secret-in-both',
      MEVETO_RECONCILE_CRON: 'now and then',
      PUBLIC_URL: 'https://example.com/app',
      DEMO_USERS: '-1',
      CLUSTER: 'redis',
      REDIS_URL: 'host:1',
    };
    const faults = faultsOf(environment);
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'DATABASE_URL',
      'PORT',
      'MEVETO_WEBHOOK_SECRET_PATH',
      'SESSION_SECRET',
      'PUBLIC_URL',
      'MEVETO_RECONCILE_CRON',
      'DEMO_USERS',
      'REDIS_URL',
      'CLUSTER',
    ]);
    expect(faults.join()).not.toMatch(/tiger|short-secret|the-same-secret/);
  });

  it.each([
    ['sqlite:data/demo.sqlite', { kind: 'sqlite', path: 'data/demo.sqlite' }],
    ['postgres://u:p@h:5432/d', { kind: 'postgres', url: 'postgres://u:p@h:5432/d' }],
    ['postgresql://u@h/d', { kind: 'postgres', url: 'postgresql://u@h/d' }],
    ['mariadb://u:p@h/d', { kind: 'mysql', url: 'mysql://u:p@h/d' }],
  ])('understands %s', (url, expected) => {
    expect(readDemoConfig({ DATABASE_URL: url }).database).toEqual(expected);
  });

  it('describes a database without its password', () => {
    expect(describeDatabase({ kind: 'postgres', url: 'postgres://u:secret@h:5432/d?x=1' })).toBe(
      'postgres://h:5432/d',
    );
  });

  it.each([
    [{ REDIS_URL: 'redis://h' }, { kind: 'redis', url: 'redis://h' }],
    [{ CLUSTER: 'postgres', DATABASE_URL: 'postgres://h/d' }, { kind: 'postgres' }],
  ])('reads the cluster adapter from %j', (environment, expected) => {
    expect(readDemoConfig(environment).cluster).toEqual(expected);
  });

  it('accepts a cron expression with seconds', () => {
    expect(readDemoConfig({ MEVETO_RECONCILE_CRON: '* * * * * *' }).reconcileCron).toBe('* * * * * *');
  });
});
