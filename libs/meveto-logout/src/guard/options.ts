import {
  type Faults,
  group,
  isObject,
  type Option,
  path,
  quoted,
  refuseOtherNames,
  type Resolved,
  resolveTable,
  type TableOf,
} from '../core/index.js';

/** What the guard does. */
export interface GuardOptions {
  /** The answer to a refused request. */
  readonly whenLoggedOut?: WhenLoggedOutOptions;
}

/** A cookie to clear, with the attributes it was set with (a browser ignores the clearing otherwise). */
export interface CookieToClear {
  readonly name: string;
  /** @defaultValue '/' */
  readonly path?: string;
  readonly domain?: string;
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /** @defaultValue true where browsers require it: with a `__Secure-` or `__Host-` name, `sameSite: 'none'` or `partitioned` */
  readonly secure?: boolean;
  /** @defaultValue false */
  readonly partitioned?: boolean;
  /** @defaultValue true */
  readonly httpOnly?: boolean;
}

/** The answer to a refused request. */
export interface WhenLoggedOutOptions {
  /**
   * Where browsers are redirected to: a path of the same origin, starting with a single '/', without a fragment.
   * @defaultValue '/login'
   */
  readonly redirectTo?: string;
  /**
   * Further paths where users log in, e.g. of an API that a script posts the password to. A request to such a path may
   * carry a session that is over: the guard ends that session, clears the cookies, and lets the request pass without a
   * session. Paths of the same origin, as for `redirectTo`. A handler with `@SkipMevetoLogout()` does not need an entry.
   * @defaultValue []
   */
  readonly loginPaths?: readonly string[];
  /**
   * Cookies that are cleared with the redirect: names, or `{ name, path, domain, sameSite, secure, httpOnly, partitioned }`.
   * @defaultValue []
   */
  readonly clearCookies?: readonly (string | CookieToClear)[];
  /**
   * Kinds of data that the browser clears for this origin, named in the header `Clear-Site-Data`. Every refusal of a request
   * without a live session has the header. Answers to programs and on login paths leave out `cookies`, `*` and
   * `executionContexts`, since these kinds could delete a new login. `cookies` clears all cookies of the registrable domain.
   * `storage` clears everything that scripts have stored. Browsers obey the header over https only.
   * @defaultValue []
   */
  readonly clearSiteData?: readonly SiteData[];
  /**
   * Name of the query parameter of `redirectTo` that receives the requested path, e.g. 'next'. Only GET requests for pages
   * add the parameter. Check its value with `safeReturnTo` before you redirect to it.
   * @defaultValue none
   */
  readonly returnTo?: string;
}

/** A kind of data that `Clear-Site-Data` names. */
export type SiteData = 'cache' | 'cookies' | 'storage' | 'executionContexts' | '*';

const SITE_DATA: readonly unknown[] = ['cache', 'cookies', 'storage', 'executionContexts', '*'];
const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** The characters that a cookie's attribute may have. */
const ATTRIBUTE = /^[\x21-\x3a\x3c-\x7e]+$/;
const PARAMETER = /^[\w.~-]+$/;

const pathOfPage = path('/login');

/** A browser does not reload a page if only the fragment of the URL differs: the hidden content would stay hidden. */
const redirectTo: Option<string> = {
  ...pathOfPage,
  read: (name, given, faults) => {
    const page = pathOfPage.read(name, given, faults);
    if (page.includes('#'))
      faults.add(
        `${name}: got a path with a fragment. Name a page of the server, e.g. '/login', and let it lead to ` +
          "'/#/login' where the application routes by fragments.",
      );
    return page;
  },
};

const loginPaths: Option<readonly string[]> = {
  shape: 'list of paths',
  byDefault: '[]',
  read: (name, given, faults) => {
    const paths = given ?? [];
    if (Array.isArray(paths)) return paths.map((each: unknown) => path('/').read(name, each ?? '', faults));
    faults.add(`${name}: expected a list of paths. Example: ['/api/login'].`);
    return [];
  },
};

const clearCookies: Option<readonly CookieToClear[]> = {
  shape: 'list of cookies',
  byDefault: '[]',
  read: (name, given, faults) => {
    const cookies = given ?? [];
    if (Array.isArray(cookies))
      cookies.forEach((cookie: unknown, index) => {
        refuseOtherNames(Object.keys(COOKIE), cookie, faults, `${name}[${String(index)}].`);
      });
    const named: readonly unknown[] = Array.isArray(cookies)
      ? cookies.map((cookie: unknown) => (typeof cookie === 'string' ? { name: cookie } : cookie))
      : [undefined];
    if (named.every(isCookie)) return named;
    faults.add(
      `${name}: expected a list of cookie names, or of objects with a name. Example: ['connect.sid'].`,
    );
    return [];
  },
};

const isAttribute = (value: unknown): boolean =>
  value === undefined || (typeof value === 'string' && ATTRIBUTE.test(value));

const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';

/** What a cookie may have, and how each of it is checked. */
const COOKIE: Readonly<Record<keyof CookieToClear, (value: unknown) => boolean>> = {
  name: (value) => typeof value === 'string' && COOKIE_NAME.test(value),
  path: isAttribute,
  domain: isAttribute,
  sameSite: (value) => [undefined, 'lax', 'strict', 'none'].includes(value as never),
  secure: isFlag,
  partitioned: isFlag,
  httpOnly: isFlag,
};

const isCookie = (cookie: unknown): cookie is CookieToClear =>
  isObject(cookie) && Object.entries(COOKIE).every(([name, isGood]) => isGood(cookie[name]));

const clearSiteData: Option<readonly SiteData[]> = {
  shape: 'list of kinds of data',
  byDefault: '[]',
  read: (name, given, faults) => {
    const kinds = given ?? [];
    if (Array.isArray(kinds) && kinds.every((kind) => SITE_DATA.includes(kind))) return kinds as SiteData[];
    faults.add(`${name}: expected a list of ${SITE_DATA.map(quoted).join(', ')}. Example: ['storage'].`);
    return [];
  },
};

const returnTo: Option<string | undefined> = {
  shape: 'name',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined || (typeof given === 'string' && PARAMETER.test(given))) return given;
    faults.add(`${name}: expected the name of a query parameter. Example: 'next'.`);
    return undefined;
  },
};

export const guardTable = {
  whenLoggedOut: group({
    redirectTo,
    loginPaths,
    clearCookies,
    clearSiteData,
    returnTo,
  } satisfies TableOf<WhenLoggedOutOptions>),
} satisfies TableOf<GuardOptions>;

export type ResolvedGuard = Resolved<typeof guardTable>;

/** Token of the resolved options of this folder. */
export const GUARD_OPTIONS = Symbol.for('nestjs-meveto-logout:guard-options');

export const resolveGuard = (given: unknown, faults: Faults): ResolvedGuard =>
  resolveTable(guardTable, given, faults);
