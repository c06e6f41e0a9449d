import { describe, expect, it } from '@jest/globals';
import { readMevetoAnswer } from './meveto-answer.js';
import { MevetoUnavailableError } from './meveto-unavailable-error.js';

const read = (status: number, body: unknown) =>
  readMevetoAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), ({ user }) => user);

describe('readMevetoAnswer', () => {
  it('returns an id as a string', () => {
    expect(read(200, { user: '0042' })).toEqual({ kind: 'granted', value: '0042' });
    expect(read(200, { user: 42 })).toEqual({ kind: 'granted', value: '42' });
  });

  it('finds an error in an answer of 200', () => {
    expect(read(200, { error: 'invalid_client', error_description: 'x' })).toEqual({ kind: 'refused' });
    expect(read(200, { error: 'access_denied' })).toEqual({ kind: 'declined' });
  });

  it.each([
    [400, 'refused'],
    [401, 'refused'],
    [403, 'declined'],
  ])('reads status %d as %s', (status, kind) => {
    expect(read(status, {})).toEqual({ kind });
  });

  it.each([
    [500, {}],
    [502, '<html>'],
    [429, {}],
    [302, {}],
    [200, '{"user":'],
    [200, []],
    [200, {}],
    [200, { user: { id: 1 } }],
    [200, { error: 'server_error' }],
  ])('does not understand %d with %j', (status, body) => {
    expect(() => read(status, body)).toThrow(MevetoUnavailableError);
  });
});
