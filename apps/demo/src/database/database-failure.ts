import { QueryFailedError, TypeORMError } from 'typeorm';

/** What Node, PostgreSQL, MySQL and SQLite call a database that is away, full, locked or shutting down. */
const UNAVAILABLE_CODES = [
  /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)$/,
  /^(08|53|57|58|55P03|40001|40P01|25006|XX)/,
  /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL)/,
  /^(PROTOCOL_|ER_(CON_COUNT|LOCK_|SERVER_SHUTDOWN|TOO_MANY|QUERY_TIMEOUT|QUERY_INTERRUPTED))/,
];

/** The drivers throw these as plain errors without a code. */
const UNAVAILABLE_MESSAGES =
  /timeout exceeded when trying to connect|connection terminated|query read timeout|not queryable|cannot use a pool after|client was closed|connection is (not open|closed)|pool is closed|database connection is not open|starting up|shutting down/i;

/** Names of TypeORM's own errors for a connection that is not there. */
const UNAVAILABLE_NAMES =
  /^(ConnectionIsNotSet|DriverAlreadyReleased|QueryRunnerAlreadyReleased|CannotExecuteNotConnected)Error$/;

/**
 * Whether an error says that the database is not available now, so that the same request may work a little later. A
 * broken rule, such as a unique one, is none of these: that is a fault of the program.
 */
export function isDatabaseFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof QueryFailedError) return isDatabaseFailure(error.driverError);
  if (error instanceof TypeORMError) return UNAVAILABLE_NAMES.test(error.name);
  if (error instanceof AggregateError) return error.errors.some(isDatabaseFailure);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return UNAVAILABLE_CODES.some((pattern) => pattern.test(code)) || UNAVAILABLE_MESSAGES.test(error.message);
}
