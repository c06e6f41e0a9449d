import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { mayStillStart } from './database-starting.js';

const coded = (code: string): Error => Object.assign(new Error('x'), { code });

describe('mayStillStart', () => {
  it.each([
    coded('ECONNREFUSED'),
    coded('ENOTFOUND'),
    coded('57P03'),
    coded('53300'),
    coded('SQLITE_BUSY'),
    coded('ER_CON_COUNT_ERROR'),
    new Error('timeout exceeded when trying to connect'),
    new QueryFailedError('SELECT 1', [], coded('40P01')),
    new AggregateError([coded('ECONNREFUSED')]),
  ])('waits after %s (%j)', (error) => {
    expect(mayStillStart(error)).toBe(true);
  });

  it.each([
    coded('28P01'),
    coded('28000'),
    coded('3D000'),
    coded('42501'),
    coded('ER_ACCESS_DENIED_ERROR'),
    coded('ER_BAD_DB_ERROR'),
    coded('SQLITE_NOTADB'),
    coded('SQLITE_CANTOPEN'),
    new QueryFailedError('CREATE TABLE', [], coded('42P01')),
    undefined,
  ])('is false for %s (%j)', (error) => {
    expect(mayStillStart(error)).toBe(false);
  });
});
