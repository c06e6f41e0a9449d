import {
  type CanActivate,
  type ExecutionContext,
  HttpStatus,
  Inject,
  Injectable,
  Logger,
} from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Clock } from '../model/clock.js';
import { type RefusalReason, refusalOf } from '../model/session-verdict.js';
import type { SessionFacts } from '../model/session.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { readSessions } from '../session/read-sessions.js';
import type { SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { RefusalWriter } from './refusal-writer.js';
import { LogoutStateUnknownException } from './refusal.js';
import { RoutePolicies } from './route-policies.js';

/**
 * Refuses every session and access token that began at or before its user's last logout. It answers from memory, and
 * lets requests without a session pass: who may come in at all is for the application's own guard to say.
 *
 * Global by default; with `globalGuard: false` use it as `@UseGuards(MevetoLogoutGuard)`. Contexts other than HTTP pass.
 * @throws {LoggedOutException} 401 as JSON, or 303 to `whenLoggedOut.redirectTo` for a browser's page.
 * @throws {LogoutStateUnknownException} 503 when the store could not be asked for longer than `maxStalenessMs`.
 */
@Injectable()
export class MevetoLogoutGuard implements CanActivate {
  readonly #logger = new Logger('MevetoLogout');
  #hasWarned = false;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(RoutePolicies) private readonly policies: RoutePolicies,
    @Inject(RefusalWriter) private readonly writer: RefusalWriter,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http' || this.policies.of(context).skip) return true;
    const request = context.switchToHttp().getRequest<SessionRequest>();
    const sessions = readSessions(this.options.sessions, request);
    return sessions instanceof Promise
      ? sessions.then((found) => this.#decide(found, context))
      : this.#decide(sessions, context);
  }

  #decide(sessions: readonly SessionFacts[], context: ExecutionContext): boolean | Promise<boolean> {
    if (sessions.length === 0) return true;
    for (const session of sessions) {
      const reason = refusalOf(session, this.known, this.clock.now(), this.options.maxSessionAgeMs);
      if (reason === undefined) continue;
      if (session.signedInAt === undefined) this.#warnOfMissingStart();
      return this.#refuse(reason, context);
    }
    if (this.known.ageMs() > this.options.maxStalenessMs) this.#refuseUnknown(context);
    return true;
  }

  #warnOfMissingStart(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A session without a start was refused, and so is every such session of a user who was ever logged out. Put the ' +
        'signedInAt that recordLogin() returns into the session or token. Sessions from before the installation have none.',
    );
  }

  async #refuse(reason: RefusalReason, context: ExecutionContext): Promise<never> {
    this.counters.add('guard_refused');
    const http = context.switchToHttp();
    const request = http.getRequest<SessionRequest & { method?: string }>();
    const exception = this.writer.prepare(
      reason,
      request,
      http.getResponse<object>(),
      this.policies.of(context).answer,
    );
    if (exception.getStatus() === (HttpStatus.SEE_OTHER as number)) await this.#endSessions(request);
    throw exception;
  }

  /** The session is refused whether or not its store lets it be ended now. */
  async #endSessions(request: SessionRequest): Promise<void> {
    for (const reader of this.options.sessions) {
      try {
        if (reader.read(request) !== undefined) await reader.end?.(request);
      } catch {
        this.#logger.warn('A session that is over could not be removed from its store. It stays refused.');
      }
    }
  }

  #refuseUnknown(context: ExecutionContext): never {
    this.counters.add('guard_state_unknown');
    this.writer.setRetryAfter(context.switchToHttp().getResponse<object>());
    throw new LogoutStateUnknownException();
  }
}
