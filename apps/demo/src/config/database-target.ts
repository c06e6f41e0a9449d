import type { EnvironmentReader } from './environment-reader.js';

/** The database of the demo. */
export type DatabaseTarget =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres' | 'mysql'; readonly url: string };

const DEFAULT_TARGET: DatabaseTarget = { kind: 'sqlite', path: 'demo.sqlite' };

const SERVERS: Readonly<Record<string, 'postgres' | 'mysql'>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
};

/** Reads `DATABASE_URL`. Faults never quote it: it may contain a password. */
export function readDatabaseTarget(reader: EnvironmentReader): DatabaseTarget {
  const given = reader.text('DATABASE_URL');
  if (given === undefined) return DEFAULT_TARGET;
  if (given.startsWith('sqlite:')) {
    const path = given.slice('sqlite:'.length);
    if (path !== '') return { kind: 'sqlite', path };
  } else if (URL.canParse(given)) {
    const kind = SERVERS[new URL(given).protocol];
    if (kind !== undefined) return { kind, url: given.replace(/^mariadb:/, 'mysql:') };
  }
  reader.fault(
    'DATABASE_URL',
    'is not understood',
    'write sqlite:<path>, postgres://user:password@host:5432/database or mysql://user:password@host:3306/database',
  );
  return DEFAULT_TARGET;
}

/** The database for display, without user, password and parameters. */
export function describeDatabase(target: DatabaseTarget): string {
  if (target.kind === 'sqlite') return `SQLite file ${target.path}`;
  const { host, pathname } = new URL(target.url);
  return `${target.kind}://${host}${pathname}`;
}
