import type { CookieToClear } from './options.js';

/** A `Set-Cookie` line that deletes a cookie. A browser applies the line only if its attributes match those of the cookie. */
export function clearingCookie(cookie: CookieToClear): string {
  const parts = [
    `${cookie.name}=`,
    `Path=${cookie.path ?? '/'}`,
    'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'Max-Age=0',
  ];
  if (cookie.domain !== undefined) parts.push(`Domain=${cookie.domain}`);
  if (cookie.httpOnly ?? true) parts.push('HttpOnly');
  if (cookie.secure ?? mustBeSecure(cookie)) parts.push('Secure');
  if (cookie.sameSite !== undefined) parts.push(`SameSite=${cookie.sameSite}`);
  if (cookie.partitioned === true) parts.push('Partitioned');
  return parts.join('; ');
}

/** Browsers ignore such a line without `Secure` and keep the cookie. */
const mustBeSecure = ({ name, sameSite, partitioned }: CookieToClear): boolean =>
  /^__(?:secure|host)-/i.test(name) || sameSite === 'none' || partitioned === true;
