import { isPolicy, stalenessLimitMs } from '../model/staleness.js';
import type { Faults } from './checks.js';
import type { CookieToClear, MevetoLogoutOptions, SessionOfMessage, SiteData } from './options.js';
import type { ResolvedOptions } from './resolved-options.js';

const SITE_DATA: readonly unknown[] = ['cache', 'cookies', 'storage', 'executionContexts', '*'];
const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** What may stand in a cookie's attribute. */
const ATTRIBUTE = /^[\x21-\x3a\x3c-\x7e]+$/;
const PARAMETER = /^[\w.~-]+$/;

/** How refused requests are answered. */
export function resolveAnswer(
  { whenLoggedOut }: MevetoLogoutOptions,
  faults: Faults,
): ResolvedOptions['whenLoggedOut'] {
  return {
    redirectTo: pageOf(whenLoggedOut?.redirectTo, faults),
    loginPaths: pathsOf(whenLoggedOut?.loginPaths ?? [], faults),
    clearCookies: cookiesOf(whenLoggedOut?.clearCookies ?? [], faults),
    clearSiteData: siteDataOf(whenLoggedOut?.clearSiteData ?? [], faults),
    returnTo: parameterOf(whenLoggedOut?.returnTo, faults),
  };
}

/** A page that differs in its fragment alone is not loaded anew: what was hidden would stay so. */
function pageOf(given: unknown, faults: Faults): string {
  const path = faults.sameOriginPath('whenLoggedOut.redirectTo', given, '/login');
  if (path.includes('#'))
    faults.add(
      "whenLoggedOut.redirectTo: got a path with a fragment. Name a page of the server, e.g. '/login', and let it lead to " +
        "'/#/login' where the application routes by fragments.",
    );
  return path;
}

export function resolveSessionOfMessage(
  { sessionOfMessage }: MevetoLogoutOptions,
  faults: Faults,
): SessionOfMessage {
  for (const name of ['rpc', 'ws'] as const) {
    const given: unknown = sessionOfMessage?.[name];
    if (given !== undefined && typeof given !== 'function') {
      faults.add(
        `sessionOfMessage.${name}: wanted a function that returns { userId, signedInAt }, or undefined for nobody.`,
      );
    }
  }
  return sessionOfMessage ?? {};
}

/** How old the knowledge of logouts may be where no decorator says otherwise. */
export function resolveStalenessLimit(
  { onLogoutStateUnknown = 'deny' }: MevetoLogoutOptions,
  maxStalenessMs: number,
  faults: Faults,
): number {
  if (isPolicy(onLogoutStateUnknown)) return stalenessLimitMs(onLogoutStateUnknown, maxStalenessMs);
  faults.add(
    `onLogoutStateUnknown: wanted 'deny', 'allow' or { graceMs } with an integer from 0 to 31536000000. ` +
      `Leave it out for the default, 'deny'.`,
  );
  return maxStalenessMs;
}

function pathsOf(paths: unknown, faults: Faults): readonly string[] {
  if (Array.isArray(paths)) {
    return paths.map((path: unknown) => faults.sameOriginPath('whenLoggedOut.loginPaths', path ?? '', '/'));
  }
  faults.add(`whenLoggedOut.loginPaths: wanted a list of paths. Example: ['/api/login'].`);
  return [];
}

function cookiesOf(cookies: unknown, faults: Faults): readonly CookieToClear[] {
  const named = Array.isArray(cookies)
    ? cookies.map((cookie: unknown) => (typeof cookie === 'string' ? { name: cookie } : cookie))
    : [undefined];
  if (named.every(isCookie)) return named;
  faults.add(
    `whenLoggedOut.clearCookies: wanted a list of cookie names, or of objects with a name. Example: ['connect.sid'].`,
  );
  return [];
}

function isCookie(cookie: unknown): cookie is CookieToClear {
  if (!isObject(cookie)) return false;
  const { name, path, domain, sameSite } = cookie;
  if (typeof name !== 'string' || !COOKIE_NAME.test(name)) return false;
  return (
    [path, domain].every(isAttribute) && [undefined, 'lax', 'strict', 'none'].includes(sameSite as never)
  );
}

const isAttribute = (value: unknown): boolean =>
  value === undefined || (typeof value === 'string' && ATTRIBUTE.test(value));

function siteDataOf(given: unknown, faults: Faults): readonly SiteData[] {
  if (Array.isArray(given) && given.every((kind) => SITE_DATA.includes(kind))) return given as SiteData[];
  faults.add(
    `whenLoggedOut.clearSiteData: wanted a list of ${SITE_DATA.map((kind) => `'${String(kind)}'`).join(', ')}. ` +
      `Example: ['storage'].`,
  );
  return [];
}

function parameterOf(given: unknown, faults: Faults): string | undefined {
  if (given === undefined || (typeof given === 'string' && PARAMETER.test(given))) return given;
  faults.add(`whenLoggedOut.returnTo: wanted the name of a query parameter. Example: 'next'.`);
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
