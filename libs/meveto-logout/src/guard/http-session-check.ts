import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import {
  askReaders,
  InvalidTokenException,
  OpenConnections,
  type ReadResults,
  type ResolvedSessions,
  type SessionFacts,
  sessionsIn,
  SessionValidator,
  type SessionOver,
  type SessionReader,
  type SessionRequest,
  SESSIONS_OPTIONS,
} from '../sessions/index.js';
import { MevetoEvents } from '../core/index.js';
import { guardEvents } from './events.js';
import { type AlreadyRead, EndedSessionCleanup, type RequestSessions } from './ended-session-cleanup.js';
import { mayNavigate, RefusalWriter, wantsPage } from './refusal-writer.js';
import { LogoutStateUnknownException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { GUARD_OPTIONS, type ResolvedGuard } from './options.js';

const LOOKS_LIKE_LOGIN = /\/(log-?in|sign-?in|auth|authenticate|sessions?)$/;

/** A request of Express or Fastify. Routers change `url`, so `originalUrl` comes first. */
interface HttpRequest extends SessionRequest {
  readonly method?: string;
  readonly url?: string;
  readonly originalUrl?: string;
}

/** Checks the sessions of HTTP requests. */
@Injectable()
export class HttpSessionCheck {
  readonly #loginPage: string;
  readonly #loginPaths: ReadonlySet<string>;
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(EndedSessionCleanup) private readonly ended: EndedSessionCleanup,
    @Inject(RefusalWriter) private readonly writer: RefusalWriter,
    @Inject(OpenConnections) private readonly streams: OpenConnections,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(GUARD_OPTIONS) guardOptions: ResolvedGuard,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {
    const { redirectTo, loginPaths } = guardOptions.whenLoggedOut;
    this.#loginPage = pathOf(redirectTo);
    this.#loginPaths = new Set([redirectTo, ...loginPaths].map(pathOf));
  }

  check(
    context: ExecutionContext,
    policy: RoutePolicy,
    readers: readonly SessionReader[] = this.options.sessions,
  ): true | Promise<true> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const decide = (results: ReadResults) => this.#decide(results, readers, context, policy);
    try {
      const results = askReaders(readers, request);
      if (!(results instanceof Promise)) return decide(results);
      return results.then(decide, (error: unknown) => this.#refuseUnread(error, context));
    } catch (error) {
      return this.#refuseUnread(error, context);
    }
  }

  #refuseUnread(error: unknown, context: ExecutionContext): never {
    if (error instanceof InvalidTokenException)
      this.writer.askForToken(context.switchToHttp().getResponse<object>());
    throw error;
  }

  #decide(
    results: ReadResults,
    readers: readonly SessionReader[],
    context: ExecutionContext,
    policy: RoutePolicy,
  ): true | Promise<true> {
    // Guards of the application have set the sessions of late readers.
    const isLate = readers !== this.options.sessions;
    const found = sessionsIn(readers, results);
    const sessions = isLate ? this.#withoutLogins(found, context) : found;
    const refusal = this.validator.validate(sessions, policy.stalenessLimitMs);
    if (refusal === undefined) {
      if (policy.isStream) this.streams.watch(serverResponse(context), sessions);
      return true;
    }
    if (isLate && sessions.some(({ signedInAt }) => signedInAt === undefined))
      this.events.emit(guardEvents.MEVETO_LATE_USER_REFUSED);
    const http = context.switchToHttp();
    const response = http.getResponse<object>();
    if (refusal.reason !== 'logout-state-unknown')
      return this.#refuse(refusal, { readers, results }, http.getRequest<HttpRequest>(), response, policy);
    this.writer.setRetryAfter(response);
    throw new LogoutStateUnknownException();
  }

  #isLogin(request: HttpRequest): boolean {
    return this.#loginPaths.has(pathOf(urlOf(request)));
  }

  /** The login page is public, and a GET or HEAD request does not log in. */
  #isLoginPage(request: HttpRequest): boolean {
    return (
      (request.method === 'GET' || request.method === 'HEAD') && pathOf(urlOf(request)) === this.#loginPage
    );
  }

  /** On a login path, a user without `signedInAt` is a fresh login and is left out. */
  #withoutLogins(sessions: readonly SessionFacts[], context: ExecutionContext): readonly SessionFacts[] {
    const started = sessions.filter(({ signedInAt }) => signedInAt !== undefined);
    return this.#isLogin(context.switchToHttp().getRequest<HttpRequest>()) ? started : sessions;
  }

  async #refuse(
    over: SessionOver,
    read: AlreadyRead,
    request: HttpRequest,
    response: object,
    policy: RoutePolicy,
  ): Promise<true> {
    if (this.#isLogin(request)) {
      if (read.readers === this.options.sessions || this.#isLoginPage(request))
        return this.#continueWithoutSession(over, read, request, response);
      // The application's guard accepted an ended session: a refreshed token instead of a login, or an old cookie.
      if (mayNavigate(request.headers)) await this.#clear(request, response, read, false);
      throw this.writer.asJson(response, over);
    }
    const isRedirected = isPage(request, policy);
    if (isRedirected && mayNavigate(request.headers)) await this.#endSession(request, response, read);
    else await this.#keepSession(request, response, read);
    if (!isRedirected) throw this.writer.asJson(response, over);
    throw this.writer.asRedirect(response, over, request.method === 'GET' ? urlOf(request) : undefined);
  }

  /**
   * Lets a request to a login path continue with an empty session: a redirect to the login page would loop, and scripts
   * must be able to log in.
   */
  async #continueWithoutSession(
    refusal: SessionOver,
    read: AlreadyRead,
    request: HttpRequest,
    response: object,
  ): Promise<true> {
    const { over } = await this.#clear(request, response, read, false);
    if (await this.ended.renew(request, over)) return true;
    if (over.some((reader) => reader.renew === undefined)) {
      this.events.emit(guardEvents.MEVETO_SESSION_NOT_REMOVED);
      // The page itself is public.
      if (request.method === 'GET' || request.method === 'HEAD') return true;
    }
    throw this.writer.asJson(response, refusal);
  }

  async #endSession(request: HttpRequest, response: object, read: AlreadyRead): Promise<void> {
    const { over } = await this.#clear(request, response, read, true);
    await this.ended.end(request, over);
  }

  /** Deletes the cookies of ended sessions from the browser. Cookies of live sessions stay. */
  async #clear(
    request: HttpRequest,
    response: object,
    read: AlreadyRead,
    mayTakeLogins: boolean,
  ): Promise<RequestSessions> {
    const found = await this.ended.of(request, read);
    if (!found.hasLive) {
      this.writer.clearSiteData(response, mayTakeLogins);
      this.writer.clearCookies(response);
      return found;
    }
    const cookies = found.over.flatMap((reader) => reader.cookies ?? []);
    if (cookies.length > 0) this.writer.clearCookies(response, cookies);
    if (found.over.some((reader) => reader.end === undefined && reader.cookies === undefined))
      this.events.emit(guardEvents.MEVETO_COOKIE_NOT_REMOVED);
    return found;
  }

  /** Keeps cookie and session when a script is refused: a late answer could delete those of a newer login. */
  async #keepSession(request: HttpRequest, response: object, read: AlreadyRead): Promise<void> {
    if (request.method === 'POST' && LOOKS_LIKE_LOGIN.test(pathOf(urlOf(request))))
      this.events.emit(guardEvents.MEVETO_LOGIN_REFUSED);
    if (this.writer.clearsStoredData && !(await this.ended.of(request, read)).hasLive)
      this.writer.clearSiteData(response, false);
  }
}

const isPage = ({ method, headers }: HttpRequest, { answer }: RoutePolicy): boolean =>
  answer === undefined ? wantsPage(method, headers) : answer === 'redirect';

/** Fastify's reply has the server's response as `raw`. */
function serverResponse(context: ExecutionContext): object {
  const response = context.switchToHttp().getResponse<object>();
  return 'raw' in response ? (response.raw as object) : response;
}

const urlOf = (request: HttpRequest): string => request.originalUrl ?? request.url ?? '';

/** The path as routers compare it: in lower case, without query and trailing slash. */
function pathOf(url: string): string {
  const path = (/^[^?#]*/.exec(url)?.[0] ?? '').toLowerCase();
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
