import type { IncomingHttpHeaders } from 'node:http';
import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isSameOriginPath } from '../core/index.js';
import { type ResolvedSessions, type SessionOver, SESSIONS_OPTIONS } from '../sessions/index.js';
import { type CookieToClear, GUARD_OPTIONS, type ResolvedGuard, type SiteData } from './options.js';
import { LoggedOutException } from './refusal.js';

const RETRY_AFTER_SECONDS = '2';
/** Kinds of site data whose clearing can delete a login, or stop the page that logs in. */
const DELETES_LOGINS: ReadonlySet<SiteData> = new Set<SiteData>(['cookies', '*', 'executionContexts']);
const headerOf = (kinds: readonly SiteData[]): string => kinds.map((kind) => `"${kind}"`).join(', ');

/**
 * Sets the headers of a refusal and creates its exception. The application's exception filters write the answer: status
 * and headers carry all that matters, so a filter may choose any body.
 */
@Injectable()
export class RefusalWriter {
  readonly #clearingCookies: readonly { readonly name: string; readonly line: string }[];
  readonly #clearSiteData: string;
  readonly #clearStoredData: string;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(SESSIONS_OPTIONS) sessionsOptions: ResolvedSessions,
    @Inject(GUARD_OPTIONS) private readonly options: ResolvedGuard,
  ) {
    const { clearCookies, clearSiteData } = options.whenLoggedOut;
    const named = new Set(clearCookies.map(({ name }) => name));
    const more = new Set(
      sessionsOptions.sessions.flatMap(({ cookies = [] }) => cookies).filter((name) => !named.has(name)),
    );
    const all = [...clearCookies, ...[...more].map((name) => ({ name }))];
    this.#clearingCookies = all.map((cookie) => ({ name: cookie.name, line: clearingCookie(cookie) }));
    this.#clearSiteData = headerOf(clearSiteData);
    this.#clearStoredData = headerOf(clearSiteData.filter((kind) => !DELETES_LOGINS.has(kind)));
  }

  /** Creates a 401 with JSON. */
  asJson(response: object, { reason, cause }: SessionOver): LoggedOutException {
    this.askForToken(response);
    return new LoggedOutException(reason, HttpStatus.UNAUTHORIZED, cause);
  }

  /** The headers of a 401. */
  askForToken(response: object): void {
    this.#forbidStoring(response);
    this.#set(response, 'WWW-Authenticate', 'Bearer');
  }

  /**
   * 303 to the login page.
   * @param askedFor the requested path, if the login may lead back there
   */
  asRedirect(
    response: object,
    { reason, cause }: SessionOver,
    askedFor: string | undefined,
  ): LoggedOutException {
    const { redirectTo, returnTo } = this.options.whenLoggedOut;
    this.#forbidStoring(response);
    const location = returnTo === undefined ? redirectTo : withReturnTo(redirectTo, returnTo, askedFor);
    this.#set(response, 'Location', location);
    return new LoggedOutException(reason, HttpStatus.SEE_OTHER, cause);
  }

  /** Whether there is site data to clear also where `mayDeleteLogins` is false. */
  get clearsStoredData(): boolean {
    return this.#clearStoredData !== '';
  }

  /**
   * Clears what else the browser stores for this origin.
   * @param mayDeleteLogins false where the same answer may carry a login, or a login may have happened since the request: a
   * browser clears after it has stored the answer's cookies
   */
  clearSiteData(response: object, mayDeleteLogins: boolean): void {
    const kinds = mayDeleteLogins ? this.#clearSiteData : this.#clearStoredData;
    if (kinds !== '') this.#set(response, 'Clear-Site-Data', kinds);
  }

  /**
   * Deletes session cookies by this answer.
   * @param names only these cookies, where others belong to live sessions
   */
  clearCookies(response: object, names?: readonly string[]): void {
    this.#forbidStoring(response);
    for (const { name, line } of this.#clearingCookies)
      if (names?.includes(name) !== false) this.host.httpAdapter.appendHeader(response, 'Set-Cookie', line);
  }

  setRetryAfter(response: object): void {
    this.#forbidStoring(response);
    this.#set(response, 'Retry-After', RETRY_AFTER_SECONDS);
  }

  #forbidStoring(response: object): void {
    this.#set(response, 'Cache-Control', 'no-store');
  }

  #set(response: object, name: string, value: string): void {
    this.host.httpAdapter.setHeader(response, name, value);
  }
}

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

const PAGE = /^(?:text\/html|application\/xhtml\+xml)$/;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;

/** Whether a browser asks for a page. Requests of scripts get JSON instead of a redirect to the login page. */
export function wantsPage(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return false;
  if (!mayNavigate(headers)) return false;
  if (headers['x-requested-with']?.toString().toLowerCase() === 'xmlhttprequest') return false;
  return prefersPage(headers.accept);
}

/** False for requests that scripts have certainly sent: a script cannot set `Sec-Fetch-Mode: navigate`. */
export const mayNavigate = ({ 'sec-fetch-mode': mode }: IncomingHttpHeaders): boolean =>
  mode === undefined || mode === 'navigate';

/**
 * Whether HTML is accepted, and preferred to or as good as JSON. A wildcard does not count, since programs send it.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
function prefersPage(accept = ''): boolean {
  let page = 0;
  let json = 0;
  for (const range of accept.toLowerCase().split(',', 50)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (PAGE.test(type)) page = Math.max(page, qualityOf(parameters));
    else if (JSON_TYPE.test(type)) json = Math.max(json, qualityOf(parameters));
  }
  return page > 0 && page >= json;
}

function qualityOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number.parseFloat(weight.slice(2));
  return Number.isNaN(quality) ? 0 : quality;
}
