import { format, inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { UserToken } from './job.js';

const TEXT = 'one-time-token-0123456789';
const token = new UserToken(TEXT);

describe('a user token', () => {
  it('returns its text from reveal()', () => {
    expect(token.reveal()).toBe(TEXT);
  });

  it.each([
    ['a string', String(token)],
    ['a template', `${token.toString()} ${[token].join()}`],
    ['JSON', JSON.stringify({ token, list: [token] })],
    ['a log line', format('%s %j %o %O', token, token, token, token)],
    ['an inspection', inspect({ token }, { depth: 9, showHidden: true })],
    ['an error', inspect(new Error(String(token), { cause: token }))],
  ])('is a placeholder in %s', (_where, text) => {
    expect(text).toContain('[one-time token]');
    expect(text).not.toContain(TEXT);
  });

  it('hides its text from an inspection that ignores the custom inspect method', () => {
    expect(inspect(token, { customInspect: false, showHidden: true, depth: 9 })).not.toContain(TEXT);
    expect(JSON.stringify(Object.entries(token))).toBe('[]');
    expect(JSON.stringify(Object.assign({}, token))).toBe('{}');
  });
});
