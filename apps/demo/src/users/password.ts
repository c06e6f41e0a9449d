import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/**
 * Deliberately cheap, under a millisecond: load tests log in hundreds of times per second, and these are passwords of a
 * demo. A real application uses N = 2^17 (OWASP's password storage cheat sheet) and the asynchronous function.
 */
const COST = 32;
const KEY_BYTES = 32;

/** A salted hash of the password, to be stored. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  return [
    'scrypt',
    COST,
    salt.toString('base64url'),
    derive(password, salt, COST).toString('base64url'),
  ].join(':');
}

/** Whether the password matches the hash. An invalid hash matches no password. */
export function isPassword(password: string, hash: string): boolean {
  const [, cost, salt = '', key = ''] = /^scrypt:(\d{1,4}):([\w-]+):([\w-]+)$/.exec(hash) ?? [];
  if (cost === undefined) return false;
  const expected = Buffer.from(key, 'base64url');
  const actual = derive(password, Buffer.from(salt, 'base64url'), Number(cost));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

const derive = (password: string, salt: Buffer, cost: number): Buffer =>
  scryptSync(password, salt, KEY_BYTES, { N: cost, r: 8, p: 1 });

/** The initial password of every account: `alice-demo-password` for `alice@example.com`. */
export const defaultPassword = (email: string): string => `${email.split('@')[0] ?? ''}-demo-password`;
