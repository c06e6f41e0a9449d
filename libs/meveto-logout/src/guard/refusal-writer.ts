import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { RefusalReason } from '../model/session-verdict.js';
import type { SiteData } from '../options/options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { clearingCookie } from './clearing-cookie.js';
import { LoggedOutException } from './refusal.js';
import { withReturnTo } from './return-to.js';

const RETRY_AFTER_SECONDS = '2';
/** Kinds of site data with which a login goes, or the page that is logging in. */
const TAKES_LOGINS: ReadonlySet<SiteData> = new Set<SiteData>(['cookies', '*', 'executionContexts']);
const listed = (kinds: readonly SiteData[]): string => kinds.map((kind) => `"${kind}"`).join(', ');

/**
 * Sets the headers of a refusal and makes its exception. The answer itself is left to the application's exception
 * filters: status and headers say everything that matters, whatever body a filter writes.
 */
@Injectable()
export class RefusalWriter {
  readonly #clearingCookies: readonly { readonly name: string; readonly line: string }[];
  readonly #clearSiteData: string;
  readonly #clearStoredData: string;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    const { clearCookies, clearSiteData } = options.whenLoggedOut;
    const named = new Set(clearCookies.map(({ name }) => name));
    const more = new Set(
      options.sessions.flatMap(({ cookies = [] }) => cookies).filter((name) => !named.has(name)),
    );
    const all = [...clearCookies, ...[...more].map((name) => ({ name }))];
    this.#clearingCookies = all.map((cookie) => ({ name: cookie.name, line: clearingCookie(cookie) }));
    this.#clearSiteData = listed(clearSiteData);
    this.#clearStoredData = listed(clearSiteData.filter((kind) => !TAKES_LOGINS.has(kind)));
  }

  /** 401, for programs. */
  asJson(response: object, reason: RefusalReason): LoggedOutException {
    this.#forbidStoring(response);
    this.#set(response, 'WWW-Authenticate', 'Bearer');
    return new LoggedOutException(reason, HttpStatus.UNAUTHORIZED);
  }

  /**
   * 303 to the login page, for people.
   * @param askedFor the path that they asked for, if they may be led back there
   */
  asRedirect(response: object, reason: RefusalReason, askedFor: string | undefined): LoggedOutException {
    const { redirectTo, returnTo } = this.options.whenLoggedOut;
    this.#forbidStoring(response);
    const location = returnTo === undefined ? redirectTo : withReturnTo(redirectTo, returnTo, askedFor);
    this.#set(response, 'Location', location);
    return new LoggedOutException(reason, HttpStatus.SEE_OTHER);
  }

  /** Whether also an answer that may take no login clears site data. */
  get clearsStoredData(): boolean {
    return this.#clearStoredData !== '';
  }

  /**
   * What else the browser has of this origin.
   * @param mayTakeLogins false where a login may come with the same answer, or may have come since the question was asked: a
   * browser clears after it has stored the answer's cookies
   */
  clearSiteData(response: object, mayTakeLogins: boolean): void {
    const kinds = mayTakeLogins ? this.#clearSiteData : this.#clearStoredData;
    if (kinds !== '') this.#set(response, 'Clear-Site-Data', kinds);
  }

  /**
   * Takes session cookies away with this answer.
   * @param names of these alone, where others are still good
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
