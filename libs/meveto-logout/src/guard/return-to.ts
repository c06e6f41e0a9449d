import { isSameOriginPath } from '../core/index.js';

/**
 * Where to go after the login: the value of a `returnTo` parameter if it is a path of this origin, else the fallback. The
 * parameter is untrusted, since it comes from the URL.
 */
export const safeReturnTo = (value: unknown, fallback = '/'): string =>
  typeof value === 'string' && isSameOriginPath(value) ? value : fallback;

/** The URL of the login page with the requested path as a parameter. A path of another origin is left out. */
export function withReturnTo(redirectTo: string, parameter: string, askedFor: string | undefined): string {
  if (askedFor === undefined || !isSameOriginPath(askedFor)) return redirectTo;
  const url = new URL(redirectTo, 'http://localhost');
  url.searchParams.set(parameter, askedFor);
  return url.pathname + url.search + url.hash;
}
