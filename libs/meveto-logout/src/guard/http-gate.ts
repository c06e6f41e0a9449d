import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { RefusalReason } from '../model/session-verdict.js';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { readSessions } from '../session/read-sessions.js';
import type { SessionReader, SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { EndedSessions, type RequestSessions } from './ended-sessions.js';
import { OneWarning } from '../observe/one-warning.js';
import { RefusalWriter } from './refusal-writer.js';
import { LogoutStateUnknownException } from './refusal.js';
import { OpenStreams } from './open-streams.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge } from './session-judge.js';
import { mayNavigate, wantsPage } from './wants-page.js';

const LOOKS_LIKE_LOGIN = /\/(log-?in|sign-?in|auth|authenticate|sessions?)$/;

/** Of Express and Fastify. Routers change `url`, hence the original one. */
interface HttpRequest extends SessionRequest {
  readonly method?: string;
  readonly url?: string;
  readonly originalUrl?: string;
}

/** Lets HTTP requests in or refuses them. */
@Injectable()
export class HttpGate {
  readonly #loginPage: string;
  readonly #loginPaths: ReadonlySet<string>;
  readonly #warning = new OneWarning(
    'A POST request to a path that looks like a login’s was refused, since the session that it came with is over. If people ' +
      "log in there, say so: whenLoggedOut: { loginPaths: ['/api/login'] }, or @SkipMevetoLogout() on the handler.",
  );

  readonly #renewWarning = new OneWarning(
    'A login path was asked for with a session that is over and cannot be taken off the request. Name the cookie that it comes ' +
      'with, whenLoggedOut: { clearCookies: [name] }, or give its session reader a method renew(request).',
  );
  readonly #besideLiveWarning = new OneWarning(
    'A page was refused for a session that is over, beside another one that is still good: its cookie cannot be told from the ' +
      'other’s, and stays. Name it in its session reader: override readonly cookies = [name].',
  );
  readonly #lateWarning = new OneWarning(
    'A request was refused since a guard of the application put a user without a start of session on it, who was logged out ' +
      'before. If that guard is a login (Passport’s local or OAuth strategies), say so: whenLoggedOut: { loginPaths: ' +
      "['/oauth/callback'] }, or @SkipMevetoLogout() on the handler. If it is not, put signedInAt on the user.",
  );

  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(EndedSessions) private readonly ended: EndedSessions,
    @Inject(RefusalWriter) private readonly writer: RefusalWriter,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    const { redirectTo, loginPaths } = options.whenLoggedOut;
    this.#loginPage = pathOf(redirectTo);
    this.#loginPaths = new Set([redirectTo, ...loginPaths].map(pathOf));
  }

  enter(
    context: ExecutionContext,
    policy: RoutePolicy,
    readers: readonly SessionReader[] = this.options.sessions,
  ): true | Promise<true> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const sessions = readSessions(readers, request);
    const isLate = readers !== this.options.sessions;
    return sessions instanceof Promise
      ? sessions.then((found) => this.#decide(found, context, policy, isLate))
      : this.#decide(sessions, context, policy, isLate);
  }

  /** @param isLate the sessions are those that guards of the application have put on the request */
  #decide(
    found: readonly SessionFacts[],
    context: ExecutionContext,
    policy: RoutePolicy,
    isLate: boolean,
  ): true | Promise<true> {
    const sessions = isLate ? this.#withoutLogins(found, context) : found;
    const verdict = this.judge.judge(sessions, policy.stalenessLimitMs);
    if (verdict === undefined) {
      if (policy.isStream) this.streams.watch(serverResponse(context), sessions);
      return true;
    }
    if (isLate && sessions.some(({ signedInAt }) => signedInAt === undefined)) this.#lateWarning.pass();
    const http = context.switchToHttp();
    const response = http.getResponse<object>();
    if (verdict !== 'logout-state-unknown')
      return this.#refuse(verdict, http.getRequest<HttpRequest>(), response, policy, isLate);
    this.writer.setRetryAfter(response);
    throw new LogoutStateUnknownException();
  }

  #isLogin(request: HttpRequest): boolean {
    return this.#loginPaths.has(pathOf(urlOf(request)));
  }

  /** Which is for everybody, and where nobody logs in by the request itself. */
  #isLoginPage(request: HttpRequest): boolean {
    return (
      (request.method === 'GET' || request.method === 'HEAD') && pathOf(urlOf(request)) === this.#loginPage
    );
  }

  /** Whom a guard has put there at a login path, without a start, has just proved who they are: that is the login. */
  #withoutLogins(sessions: readonly SessionFacts[], context: ExecutionContext): readonly SessionFacts[] {
    const started = sessions.filter(({ signedInAt }) => signedInAt !== undefined);
    return this.#isLogin(context.switchToHttp().getRequest<HttpRequest>()) ? started : sessions;
  }

  async #refuse(
    reason: RefusalReason,
    request: HttpRequest,
    response: object,
    policy: RoutePolicy,
    isLate: boolean,
  ): Promise<true> {
    if (this.#isLogin(request)) {
      if (!isLate || this.#isLoginPage(request)) return this.#beginAnew(reason, request, response);
      // Its guard has let in whose session is over: a refreshed token, not a login. Or an old cookie has come along.
      if (mayNavigate(request.headers)) await this.#clear(request, response, false);
      throw this.writer.asJson(response, reason);
    }
    const isRedirected = isPage(request, policy);
    if (isRedirected && mayNavigate(request.headers)) await this.#endSession(request, response);
    else await this.#leaveSession(request, response);
    if (!isRedirected) throw this.writer.asJson(response, reason);
    throw this.writer.asRedirect(response, reason, request.method === 'GET' ? urlOf(request) : undefined);
  }

  /** Sent to where it is already, a browser would go round in circles; and a script that logs in has to be let in. */
  async #beginAnew(reason: RefusalReason, request: HttpRequest, response: object): Promise<true> {
    const { over } = await this.#clear(request, response, false);
    if (await this.ended.renew(request, over)) return true;
    if (over.some((reader) => reader.renew === undefined)) {
      this.#renewWarning.pass();
      // The page itself is for everybody.
      if (request.method === 'GET' || request.method === 'HEAD') return true;
    }
    throw this.writer.asJson(response, reason);
  }

  async #endSession(request: HttpRequest, response: object): Promise<void> {
    const { over } = await this.#clear(request, response, true);
    await this.ended.end(request, over);
  }

  /** Takes from the browser what is over, and leaves what is still good. */
  async #clear(request: HttpRequest, response: object, mayTakeLogins: boolean): Promise<RequestSessions> {
    const found = await this.ended.of(request);
    if (!found.hasLive) {
      this.writer.clearSiteData(response, mayTakeLogins);
      this.writer.clearCookies(response);
      return found;
    }
    const cookies = found.over.flatMap((reader) => reader.cookies ?? []);
    if (cookies.length > 0) this.writer.clearCookies(response, cookies);
    if (found.over.some((reader) => reader.end === undefined && reader.cookies === undefined))
      this.#besideLiveWarning.pass();
    return found;
  }

  /** Of a script: what is answered late would take the cookie and session of a login since. */
  async #leaveSession(request: HttpRequest, response: object): Promise<void> {
    if (request.method === 'POST' && LOOKS_LIKE_LOGIN.test(pathOf(urlOf(request)))) this.#warning.pass();
    if (this.writer.clearsStoredData && !(await this.ended.of(request)).hasLive)
      this.writer.clearSiteData(response, false);
  }
}

const isPage = ({ method, headers }: HttpRequest, { answer }: RoutePolicy): boolean =>
  answer === undefined ? wantsPage(method, headers) : answer === 'redirect';

/** Fastify's reply has it as `raw`. */
function serverResponse(context: ExecutionContext): object {
  const response = context.switchToHttp().getResponse<object>();
  return 'raw' in response ? (response.raw as object) : response;
}

const urlOf = (request: HttpRequest): string => request.originalUrl ?? request.url ?? '';

/** The path alone, as routers compare it: whatever its case, with or without a slash at its end. */
function pathOf(url: string): string {
  const path = (/^[^?#]*/.exec(url)?.[0] ?? '').toLowerCase();
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
