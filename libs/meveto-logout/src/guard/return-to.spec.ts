import { describe, expect, it } from '@jest/globals';
import { safeReturnTo, withReturnTo } from './refusal-writer.js';

const FOREIGN = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example',
  '/a\\b',
  '/\t/evil.example',
  '/ /evil.example',
  '/a\r\nSet-Cookie: x=1',
  'javascript:alert(1)',
  'profile',
  '',
];

describe('safeReturnTo', () => {
  it.each(['/', '/profile', '/a/b?c=d#e', '/?next=//evil.example'])('accepts %s', (path) => {
    expect(safeReturnTo(path)).toBe(path);
  });

  it.each([...FOREIGN, undefined, null, 7, ['/profile'], {}])('returns the fallback for %j', (value) => {
    expect(safeReturnTo(value)).toBe('/');
    expect(safeReturnTo(value, '/home')).toBe('/home');
  });
});

describe('withReturnTo', () => {
  it.each([
    ['/login', '/profile?tab=1', '/login?next=%2Fprofile%3Ftab%3D1'],
    ['/login?hint=meveto#top', '/', '/login?hint=meveto&next=%2F#top'],
    ['/login?next=/home', '/profile', '/login?next=%2Fprofile'],
    ['/login', undefined, '/login'],
  ])('adds to the login page %s the path %s: %s', (redirectTo, askedFor, location) => {
    expect(withReturnTo(redirectTo, 'next', askedFor)).toBe(location);
  });

  it.each(FOREIGN)('leaves out %j', (askedFor) => {
    expect(withReturnTo('/login', 'next', askedFor)).toBe('/login');
  });
});
