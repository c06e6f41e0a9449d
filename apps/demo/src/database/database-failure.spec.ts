import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { isDatabaseFailure } from './database-failure.js';

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('isDatabaseFailure', () => {
  it.each([
    coded('ECONNREFUSED'),
    coded('57P01', 'terminating connection due to administrator command'),
    coded('53300', 'too many clients already'),
    coded('SQLITE_BUSY', 'database is locked'),
    coded('SQLITE_IOERR_WRITE'),
    coded('PROTOCOL_CONNECTION_LOST'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
    new TypeError('The database connection is not open'),
    new QueryFailedError('SELECT 1', [], new Error('Query read timeout')),
    new AggregateError([coded('ECONNREFUSED')]),
  ])('takes %s for a database that is away', (error) => {
    expect(isDatabaseFailure(error)).toBe(true);
  });

  it.each([
    coded('23505', 'duplicate key value'),
    new QueryFailedError('INSERT', [], coded('SQLITE_CONSTRAINT_UNIQUE')),
    coded('42P01', 'relation does not exist'),
    new TypeError('x is not a function'),
    'ECONNREFUSED',
    undefined,
  ])('does not take %s for one', (error) => {
    expect(isDatabaseFailure(error)).toBe(false);
  });
});
