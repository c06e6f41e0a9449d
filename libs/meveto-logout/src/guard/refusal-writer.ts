import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ResolvedSessions, type SessionOver, SESSIONS_OPTIONS } from '../sessions/index.js';
import { clearingCookie } from './clearing-cookie.js';
import { LoggedOutException } from './refusal.js';
import { withReturnTo } from './return-to.js';
import { GUARD_OPTIONS, type ResolvedGuard, type SiteData } from './options.js';

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
