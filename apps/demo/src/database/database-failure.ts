import { QueryFailedError, TypeORMError } from 'typeorm';

/** What Node says of a connection that failed. */
const CONNECTION_CODE = /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)$/;

/** SQLSTATE of the standard and of PostgreSQL, and the names that SQLite and MySQL give their errors. */
const DATABASE_CODE = /^((\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}|SQLITE_\w+|ER_\w+|PROTOCOL_\w+)$/;

/** Codes of a broken rule of the schema or of an impossible value: the database works, the statement does not fit. */
const MISFIT_CODES = [
  /^2[123][0-9A-Z]{3}$/,
  /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/,
  /^ER_(DUP_|BAD_NULL|NO_REFERENCED_ROW|ROW_IS_REFERENCED|CONSTRAINT_FAILED|CHECK_CONSTRAINT_VIOLATED|NO_DEFAULT_FOR_FIELD)/,
  /^ER_(TRUNCATED_WRONG_VALUE|DATA_TOO_LONG|DATA_OUT_OF_RANGE|WARN_DATA_OUT_OF_RANGE|WRONG_VALUE|INVALID_JSON)/,
];

/** The drivers throw these as plain errors without a code. */
const MESSAGES =
  /timeout exceeded when trying to connect|connection terminated|query read timeout|not queryable|cannot use a pool after|client was closed|connection is (not open|closed|in closed state)|pool is closed|no connections available|queue limit reached|database connection is not open/i;

/** Names of TypeORM's own errors for a connection that is not there. */
const TYPEORM_NAMES =
  /^(ConnectionIsNotSet|DriverAlreadyReleased|QueryRunnerAlreadyReleased|CannotExecuteNotConnected)Error$/;

/**
 * Whether an error is the database's: it is away, locked, full, or not as the program needs it, and the same request may
 * work once that is mended. A broken rule, such as a unique one, or a value that no column takes is none of these: that
 * is a fault of the program.
 */
export function isDatabaseFailure(error: unknown): boolean {
  if (error instanceof QueryFailedError) return isFailureOfQuery(error.driverError);
  if (error instanceof TypeORMError) return TYPEORM_NAMES.test(error.name);
  if (error instanceof AggregateError) return error.errors.some(isDatabaseFailure);
  if (!(error instanceof Error) || isMisfit(error)) return false;
  return codesOf(error).some(isCodeOfDatabase) || MESSAGES.test(error.message);
}

/** A driver refuses values that it cannot send with a TypeError or a RangeError; all else is the database's. */
function isFailureOfQuery(cause: unknown): boolean {
  if (cause instanceof TypeError || cause instanceof RangeError) return isDatabaseFailure(cause);
  return !(cause instanceof Error && isMisfit(cause));
}

const isMisfit = (error: Error): boolean =>
  codesOf(error).some((code) => MISFIT_CODES.some((pattern) => pattern.test(code)));

const isCodeOfDatabase = (code: string): boolean => CONNECTION_CODE.test(code) || DATABASE_CODE.test(code);

/** MySQL's errors have a SQLSTATE beside their code, and newer ones nothing else. */
function codesOf(error: Error): string[] {
  const { code, sqlState } = error as { readonly code?: unknown; readonly sqlState?: unknown };
  return [code, sqlState].filter((given) => typeof given === 'string');
}
