import { QueryFailedError } from 'typeorm';

/** No server listens yet, the server reports that it is starting, or another process holds a lock for a moment. */
const PASSING_CODES = [
  /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)$/,
  /^(08|53|57P|55P03|40001|40P01)/,
  /^SQLITE_(BUSY|LOCKED|PROTOCOL)/,
  /^(PROTOCOL_CONNECTION_LOST|ER_(CON_COUNT|LOCK_|SERVER_SHUTDOWN|TOO_MANY_USER))/,
];

/** The drivers throw these as plain errors without a code. */
const PASSING_MESSAGES =
  /timeout exceeded when trying to connect|connection terminated|query read timeout|client was closed|connection is (closed|in closed state)/i;

/**
 * Whether a database that could not be opened may still be starting, so that waiting helps. A wrong password or a
 * missing database is not temporary and is reported at once.
 */
export function mayStillStart(error: unknown): boolean {
  if (error instanceof QueryFailedError) return mayStillStart(error.driverError);
  if (error instanceof AggregateError) return error.errors.some(mayStillStart);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return PASSING_CODES.some((pattern) => pattern.test(code)) || PASSING_MESSAGES.test(error.message);
}
