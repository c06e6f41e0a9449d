import type { CookieToClear } from '../options/options.js';

/** A `Set-Cookie` line that takes a cookie away: a browser heeds it only with the attributes that the cookie was set with. */
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

/** Browsers drop such a line without `Secure`, and the cookie would stay. */
const mustBeSecure = ({ name, sameSite, partitioned }: CookieToClear): boolean =>
  /^__(?:secure|host)-/i.test(name) || sameSite === 'none' || partitioned === true;
