import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { inspect, promisify } from 'node:util';
import { Logger, type LoggerService } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { JOB_STATES } from '../../../libs/meveto-logout/src/store/job.js';
import type { TestDatabase } from '../database.js';
import type { HostClient } from '../world.js';

const CONSOLE = ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const;

/**
 * Records everything that is written while it is active: every level of Nest's log, the console, TypeORM's log,
 * warnings.
 */
export class Recorder implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (...args: unknown[]): void => this.note(args);
  readonly fatal = (...args: unknown[]): void => this.note(args);
  readonly error = (...args: unknown[]): void => this.note(args);
  readonly warn = (...args: unknown[]): void => this.note(args);
  readonly debug = (...args: unknown[]): void => this.note(args);
  readonly verbose = (...args: unknown[]): void => this.note(args);
  readonly #console = { ...console };

  /** TypeORM's own log, with the parameters of every query. */
  get queries(): Partial<DataSourceOptions> {
    return {
      logging: 'all',
      logger: {
        logQuery: (query, parameters) => this.note([query, parameters]),
        logQueryError: (error, query, parameters) => this.note([error, query, parameters]),
        logQuerySlow: (_time, query, parameters) => this.note([query, parameters]),
        logSchemaBuild: (message) => this.note(message),
        logMigration: (message) => this.note(message),
        log: (_level, message) => this.note(message),
      },
    };
  }

  /** Starts recording. Applications of tests are started without a log; here it is on. */
  start(): void {
    Logger.overrideLogger(this);
    for (const name of CONSOLE) console[name] = (...args: unknown[]) => this.note(args);
    process.on('warning', this.log);
  }

  stop(): void {
    Logger.overrideLogger(false);
    Object.assign(console, this.#console);
    process.off('warning', this.log);
  }

  note(args: unknown): void {
    this.lines.push(seen(args));
  }
}

/** A value in its most detailed form, and as JSON. */
export function seen(thing: unknown): string {
  const text = inspect(thing, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
  try {
    return `${text} ${JSON.stringify(thing)}`;
  } catch {
    return text;
  }
}

/** An error with its JSON and its properties. */
export const shown = (error: unknown): string =>
  error instanceof Error
    ? [error, error.stack, Object.entries(error), error.cause].map(seen).join('\n')
    : seen(error);

/** The whole content of the database: its rows, and its files (SQLite) or the dump of the server's own tool. */
export async function storedBy({ app }: HostClient, { connection, url }: TestDatabase): Promise<string> {
  const dataSource = app.get(DataSource);
  const rows = await Promise.all(
    dataSource.entityMetadatas.map(({ tableName }) =>
      dataSource.query<unknown[]>(`SELECT * FROM ${dataSource.driver.escape(tableName)}`),
    ),
  );
  const files =
    connection.type === 'better-sqlite3'
      ? [connection.database, `${connection.database}-wal`].filter((file) => existsSync(file))
      : [];
  const dumps = files.length > 0 ? files.map((file) => readFileSync(file, 'latin1')) : [await dumpOf(url)];
  return [JSON.stringify(rows, bytesAsText), ...dumps].join('\n');
}

/** Decodes a Buffer from its `toJSON` form. */
function bytesAsText(_key: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { readonly type?: unknown; readonly data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]).toString('latin1') : value;
}

/** A missing tool fails the test. */
async function dumpOf(url: string): Promise<string> {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const [tool, ...options] = protocol.startsWith('postgres')
    ? ['pg_dump', '--dbname', url]
    : ['mariadb-dump', '--protocol=tcp', '-h', hostname, '-P', port, '-u', username, pathname.slice(1)];
  const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) };
  const { stdout } = await promisify(execFile)(tool, options, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** The output of the operators' methods. */
export async function toldBy({ service }: HostClient): Promise<string> {
  const jobs = await Promise.all(
    JOB_STATES.map((state) => service.listJobs({ state }).catch((error: unknown) => shown(error))),
  );
  return seen([await service.status(), jobs]);
}
