import { isSameOriginPath } from '../model/same-origin-path.js';

/**
 * Where to go after the login: what a `returnTo` parameter says if it is a path of this application, else the fallback. It
 * comes from the address bar, so anybody can have written it.
 */
export const safeReturnTo = (value: unknown, fallback = '/'): string =>
  typeof value === 'string' && isSameOriginPath(value) ? value : fallback;

/** The login page with the path that was asked for as a parameter; without it when it is none of this origin's. */
export function withReturnTo(redirectTo: string, parameter: string, askedFor: string | undefined): string {
  if (askedFor === undefined || !isSameOriginPath(askedFor)) return redirectTo;
  const url = new URL(redirectTo, 'http://localhost');
  url.searchParams.set(parameter, askedFor);
  return url.pathname + url.search + url.hash;
}
