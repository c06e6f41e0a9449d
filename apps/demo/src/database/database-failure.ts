import { QueryFailedError, TypeORMError } from 'typeorm';

/** Node's error codes of a failed connection. */
const CONNECTION_CODE = /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)$/;

/** SQLSTATEs of the standard and of PostgreSQL, and error names of SQLite and MySQL. */
const DATABASE_CODE = /^((\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}|SQLITE_\w+|ER_\w+|PROTOCOL_\w+)$/;

/** Codes of a violated constraint or an impossible value: the database works, but the statement is wrong. */
const MISFIT_CODES = [
  /^2[123][0-9A-Z]{3}$/,
  /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/,
  /^ER_(DUP_|BAD_NULL|NO_REFERENCED_ROW|ROW_IS_REFERENCED|CONSTRAINT_FAILED|CHECK_CONSTRAINT_VIOLATED|NO_DEFAULT_FOR_FIELD)/,
  /^ER_(TRUNCATED_WRONG_VALUE|DATA_TOO_LONG|DATA_OUT_OF_RANGE|WARN_DATA_OUT_OF_RANGE|WRONG_VALUE|INVALID_JSON)/,
];

/** The drivers throw these as plain errors without a code. */
const MESSAGES =
  /timeout exceeded when trying to connect|connection terminated|query read timeout|not queryable|cannot use a pool after|client was closed|connection is (not open|closed|in closed state)|pool is closed|no connections available|queue limit reached|database connection is not open/i;

/** Names of TypeORM's errors for a missing connection. */
const TYPEORM_NAMES =
  /^(ConnectionIsNotSet|DriverAlreadyReleased|QueryRunnerAlreadyReleased|CannotExecuteNotConnected)Error$/;

/**
 * Whether an error is a database failure: the database is unavailable, locked, full or not set up, and the same request
 * may succeed after that is fixed. A violated constraint or an impossible value is a fault of the program instead.
 */
export function isDatabaseFailure(error: unknown): boolean {
  if (error instanceof QueryFailedError) return isFailureOfQuery(error.driverError);
  if (error instanceof TypeORMError) return TYPEORM_NAMES.test(error.name);
  if (error instanceof AggregateError) return error.errors.some(isDatabaseFailure);
  if (!(error instanceof Error) || isMisfit(error)) return false;
  return codesOf(error).some(isCodeOfDatabase) || MESSAGES.test(error.message);
}

/** A driver refuses values that it cannot send with a TypeError or RangeError. Any other error is a database failure. */
function isFailureOfQuery(cause: unknown): boolean {
  if (cause instanceof TypeError || cause instanceof RangeError) return isDatabaseFailure(cause);
  return !(cause instanceof Error && isMisfit(cause));
}

const isMisfit = (error: Error): boolean =>
  codesOf(error).some((code) => MISFIT_CODES.some((pattern) => pattern.test(code)));

const isCodeOfDatabase = (code: string): boolean => CONNECTION_CODE.test(code) || DATABASE_CODE.test(code);

/** MySQL's errors have a SQLSTATE and a code; newer ones have only the SQLSTATE. */
function codesOf(error: Error): string[] {
  const { code, sqlState } = error as { readonly code?: unknown; readonly sqlState?: unknown };
  return [code, sqlState].filter((given) => typeof given === 'string');
}
