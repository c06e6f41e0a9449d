import { describe, expect, it } from '@jest/globals';
import { defaultPassword, hashPassword, isPassword } from './password.js';

describe('password', () => {
  it('matches its hash, and no other password does', () => {
    const hash = hashPassword('alice-demo-password');
    expect(isPassword('alice-demo-password', hash)).toBe(true);
    expect(isPassword('bob-demo-password', hash)).toBe(false);
  });

  it('is salted: the same password never has the same hash', () => {
    expect(hashPassword('x')).not.toBe(hashPassword('x'));
  });

  it.each(['', 'plain', 'scrypt:only-salt', 'scrypt:32::', 'bcrypt:32:a:b'])(
    'does not match the invalid hash %j',
    (hash) => {
      expect(isPassword('', hash)).toBe(false);
    },
  );

  it('defaults to the first part of the address', () => {
    expect(defaultPassword('user17@example.com')).toBe('user17-demo-password');
  });
});
