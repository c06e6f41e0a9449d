import type { DatabaseKind } from './database-kind.js';

/** The expressions with which the store reads the clock of a database, in epoch milliseconds. */
export const CLOCK_READINGS: Readonly<Record<DatabaseKind, string>> = {
  sqlite: "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
  postgres: 'CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)',
  // UTC, because the local time of a session goes back an hour at the end of summer time.
  mysql: "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000",
};
