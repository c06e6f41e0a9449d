import { describe, expect, it } from '@jest/globals';
import { readCredentials } from './credentials.js';

describe('readCredentials', () => {
  it('refuses texts with a NUL, which PostgreSQL cannot compare', () => {
    expect(readCredentials({ email: 'a\0b@example.com', password: 'x' })).toBeUndefined();
    expect(readCredentials({ email: 'a@example.com', password: 'x\0' })).toBeUndefined();
  });

  it('reads address and password and nothing else', () => {
    expect(readCredentials({ email: 'a@b', password: 'p', admin: true })).toEqual({
      email: 'a@b',
      password: 'p',
    });
  });

  it.each([
    undefined,
    null,
    'email',
    [],
    {},
    { email: 'a@b' },
    { email: '', password: 'p' },
    { email: ['a@b'], password: 'p' },
    { email: 'a@b', password: { $ne: '' } },
    { email: 'a@b', password: 'p'.repeat(1001) },
  ])('does not read %j', (body) => {
    expect(readCredentials(body)).toBeUndefined();
  });
});
