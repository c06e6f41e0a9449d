import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { isDatabaseFailure } from './database-failure.js';

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });
const mysql = (sqlState: string, code?: string): Error =>
  Object.assign(new Error('x'), { errno: 1, sqlState, code });
const ofQuery = (error: Error): Error => new QueryFailedError('SELECT 1', [], error);

describe('isDatabaseFailure', () => {
  it.each([
    coded('ECONNREFUSED'),
    coded('PROTOCOL_CONNECTION_LOST'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
    new Error("Can't add new command when connection is in closed state"),
    new TypeError('The database connection is not open'),
    ofQuery(new TypeError('The database connection is not open')),
    ofQuery(new Error('Query read timeout')),
    ofQuery(new Error('whatever a driver says')),
    mysql('70100'),
    new AggregateError([coded('ECONNREFUSED')]),
  ])('takes %s for one', (error) => {
    expect(isDatabaseFailure(error)).toBe(true);
  });

  it.each(
    [
      '08006 25006 28000 28P01 3D000 40P01 42501 42P01 53300 55000 57P01 58030 XX000',
      'SQLITE_BUSY SQLITE_ERROR SQLITE_IOERR_WRITE SQLITE_FULL SQLITE_READONLY',
      'ER_SESSION_WAS_KILLED ER_CLIENT_INTERACTION_TIMEOUT ER_OPTION_PREVENTS_STATEMENT ER_ACCESS_DENIED_ERROR',
      'ER_DISK_FULL ER_NO_SUCH_TABLE ER_LOCK_WAIT_TIMEOUT ER_CON_COUNT_ERROR',
    ].flatMap((line) => line.split(' ')),
  )('is true for %s, of a query and of a connection', (code) => {
    expect([isDatabaseFailure(coded(code)), isDatabaseFailure(ofQuery(coded(code)))]).toEqual([true, true]);
  });

  it.each(
    [
      '23505 23503 22001 22021 SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_FOREIGNKEY SQLITE_MISMATCH',
      'ER_DUP_ENTRY ER_BAD_NULL_ERROR ER_NO_REFERENCED_ROW_2 ER_ROW_IS_REFERENCED_2 ER_CONSTRAINT_FAILED',
      'ER_DATA_TOO_LONG ER_TRUNCATED_WRONG_VALUE ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
    ].flatMap((line) => line.split(' ')),
  )('is false for %s, a fault of the program', (code) => {
    expect([isDatabaseFailure(coded(code)), isDatabaseFailure(ofQuery(coded(code)))]).toEqual([false, false]);
  });

  it.each([
    mysql('23000'),
    ofQuery(mysql('22007')),
    ofQuery(new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')),
    new TypeError('x is not a function'),
    coded('ENOENT'),
    coded('ERR_INVALID_ARG_TYPE'),
    coded('E2BIG'),
    'ECONNREFUSED',
    undefined,
  ])('does not take %s for one', (error) => {
    expect(isDatabaseFailure(error)).toBe(false);
  });
});
