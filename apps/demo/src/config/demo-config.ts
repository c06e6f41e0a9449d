import { CronTime } from 'cron';
import { DemoConfigError } from './demo-config-error.js';
import { type DatabaseTarget, readDatabaseTarget } from './database-target.js';
import { EnvironmentReader, type Environment } from './environment-reader.js';
import { type MevetoClient, type MevetoTarget, readMevetoClient, readMevetoTarget } from './meveto-target.js';

/** The configuration of the demo. */
export interface DemoConfig {
  /** HTTP and websocket port. */
  readonly port: number;
  readonly database: DatabaseTarget;
  readonly meveto: MevetoTarget;
  readonly client: MevetoClient;
  /** Secret last segment of the webhook path. Never logged. */
  readonly webhookSecretPath: string | undefined;
  /** Secret that signs cookies and access tokens; undefined: generated once and kept in the database. */
  readonly sessionSecret: string | undefined;
  /** Origin of the demo for browsers; undefined: the request's own origin, if it is a loopback one. */
  readonly publicUrl: string | undefined;
  /** Schedule for reading the list of pending webhooks; undefined: the module's default. */
  readonly reconcileCron: string | undefined;
  /** Number of extra users for load tests. */
  readonly demoUsers: number;
  /** The Socket.IO cluster adapter to use. */
  readonly cluster: ClusterTarget;
}

type ClusterTarget =
  | { readonly kind: 'none' }
  | { readonly kind: 'postgres' }
  | { readonly kind: 'redis'; readonly url: string };

/**
 * Reads the configuration from the environment.
 * @throws {DemoConfigError} for an invalid environment, with every fault and its remedy
 */
export function readDemoConfig(environment: Environment): DemoConfig {
  const reader = new EnvironmentReader(environment);
  const database = readDatabaseTarget(reader);
  const client = readMevetoClient(reader);
  const config: DemoConfig = {
    port: reader.integer('PORT', 3000, 1, 65_535),
    database,
    meveto: readMevetoTarget(reader),
    client,
    webhookSecretPath: readWebhookSecretPath(reader),
    sessionSecret: readSessionSecret(reader),
    publicUrl: reader.origin('PUBLIC_URL')?.origin,
    reconcileCron: readCron(reader),
    demoUsers: reader.integer('DEMO_USERS', 0, 0, 1_000_000),
    cluster: readCluster(reader, database),
  };
  if (reader.faults.length > 0) throw new DemoConfigError(reader.faults);
  return config;
}

function readWebhookSecretPath(reader: EnvironmentReader): string | undefined {
  const secret = reader.text('MEVETO_WEBHOOK_SECRET_PATH');
  if (secret !== undefined && !/^[\w-]{22,}$/.test(secret)) {
    reader.fault(
      'MEVETO_WEBHOOK_SECRET_PATH',
      'is too short or not safe in a URL',
      'use at least 22 characters of A-Z a-z 0-9 _ -, such as the output of `openssl rand -hex 16`',
    );
  }
  return secret;
}

function readSessionSecret(reader: EnvironmentReader): string | undefined {
  const secret = reader.text('SESSION_SECRET');
  if (secret !== undefined && secret === reader.text('MEVETO_CLIENT_SECRET')) {
    reader.fault(
      'SESSION_SECRET',
      'is the same as MEVETO_CLIENT_SECRET',
      'give it a value of its own, or unset it: one is made then, and kept in the database',
    );
  }
  return secret;
}

function readCron(reader: EnvironmentReader): string | undefined {
  const expression = reader.text('MEVETO_RECONCILE_CRON');
  if (expression === undefined) return undefined;
  try {
    new CronTime(expression);
  } catch {
    reader.fault(
      'MEVETO_RECONCILE_CRON',
      `is ${JSON.stringify(expression)}, which is no cron expression`,
      'write five fields, or six with seconds, such as "*/5 * * * *"',
    );
  }
  return expression;
}

function readCluster(reader: EnvironmentReader, database: DatabaseTarget): ClusterTarget {
  const redis = reader.text('REDIS_URL');
  if (redis !== undefined) {
    if (/^rediss?:\/\/./.test(redis)) return { kind: 'redis', url: redis };
    reader.fault('REDIS_URL', 'is not understood', 'write redis://host:6379 or rediss://host:6379');
  }
  const cluster = reader.text('CLUSTER');
  if (cluster === undefined) return { kind: 'none' };
  if (cluster === 'postgres' && database.kind === 'postgres') return { kind: 'postgres' };
  reader.fault(
    'CLUSTER',
    `is ${JSON.stringify(cluster)}`,
    'the only value is postgres, together with a postgres:// DATABASE_URL; unset it for a single process',
  );
  return { kind: 'none' };
}
