/** The setting that endangers acknowledged jobs on PostgreSQL, with the remedy; undefined if every commit is on disk before it is reported. */
export function postgresRisk(settings: Readonly<Record<string, unknown>>): string | undefined {
  if (settings['fsync'] === 'off') return 'PostgreSQL runs with fsync = off: turn it on.';
  if (settings['synchronous_commit'] !== 'off') return undefined;
  return 'PostgreSQL runs with synchronous_commit = off: turn it on, for this application’s role at least.';
}

/** MariaDB's value 3 also writes and flushes at every commit. */
const FLUSHING = new Set(['1', '3']);

/** As `postgresRisk`, for MariaDB and MySQL. */
export function mysqlRisk(settings: Readonly<Record<string, unknown>>): string | undefined {
  const flush = String(settings['flush']);
  return FLUSHING.has(flush)
    ? undefined
    : `The server runs with innodb_flush_log_at_trx_commit = ${flush}: set it to 1.`;
}
