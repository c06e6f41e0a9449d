import { Inject, Injectable } from '@nestjs/common';
import {
  dropAuthorization,
  type ReadResults,
  readSessions,
  type ResolvedSessions,
  sessionsIn,
  SessionValidator,
  type SessionReader,
  type SessionRequest,
  SESSIONS_OPTIONS,
} from '../sessions/index.js';
import { MevetoEvents } from '../core/index.js';
import { guardEvents } from './events.js';
import { GUARD_OPTIONS, type ResolvedGuard } from './options.js';

/** The sessions of a refused request. */
export interface RequestSessions {
  /**
   * The readers whose session is over and may be ended. Late readers are left out beside a live session, since ending
   * their session could end the live one.
   */
  readonly over: readonly SessionReader[];
  /** Whether the request also carries a live session, e.g. a session cookie beside an old token. */
  readonly hasLive: boolean;
}

/** What the check has read already. */
export interface AlreadyRead {
  readonly readers: readonly SessionReader[];
  readonly results: ReadResults;
}

const NOTHING: AlreadyRead = { readers: [], results: [] };

/** Ends the sessions that are over in their session stores when a request is refused. Live sessions stay. */
@Injectable()
export class EndedSessionCleanup {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(GUARD_OPTIONS) private readonly guardOptions: ResolvedGuard,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  /** Asks only the readers that the check has not asked, those beside late readers. */
  async of(request: SessionRequest, { readers, results } = NOTHING): Promise<RequestSessions> {
    const over: SessionReader[] = [];
    let hasLive = false;
    for (const reader of this.options.sessions) {
      const index = readers.indexOf(reader);
      const read = index < 0 ? await reader.read(request) : results[index];
      const isOver = sessionsIn([reader], [read]).map((session) => this.validator.isOver(session));
      if (isOver.includes(false)) hasLive = true;
      if (isOver.includes(true)) over.push(reader);
    }
    // The source of request.user is unknown: it may come from the live session.
    return { over: hasLive ? over.filter(({ isLate }) => isLate !== true) : over, hasLive };
  }

  /** A failure of the session store is only logged: the guard refuses the sessions anyway. */
  async end(request: SessionRequest, readers: readonly SessionReader[]): Promise<void> {
    for (const reader of readers) {
      try {
        await reader.end?.(request);
      } catch {
        this.events.emit(guardEvents.MEVETO_SESSION_STORE_FAILED);
      }
    }
  }

  /** Replaces the ended sessions of the request by empty ones, so that the request may continue. Returns false on failure. */
  async renew(request: SessionRequest, readers: readonly SessionReader[]): Promise<boolean> {
    try {
      for (const reader of readers) {
        if (reader.renew === undefined) this.#drop(request, reader);
        else await reader.renew(request);
      }
      return await this.#hasNoEndedSession(request);
    } catch {
      this.events.emit(guardEvents.MEVETO_SESSION_STORE_FAILED);
      return false;
    }
  }

  /** Whether every session that is left on the request is live. */
  async #hasNoEndedSession(request: SessionRequest): Promise<boolean> {
    const sessions = await readSessions(this.options.sessions, request);
    return this.validator.firstOver(sessions) === undefined;
  }

  #drop(request: SessionRequest, { cookies, readsTokens }: SessionReader): void {
    dropCookies(request, cookies ?? this.#namesOfCookies());
    if (readsTokens === true) dropAuthorization(request);
  }

  #namesOfCookies(): readonly string[] {
    return this.guardOptions.whenLoggedOut.clearCookies.map(({ name }) => name);
  }
}

/** Removes these cookies from the request, as if the browser had not sent them. */
function dropCookies(request: SessionRequest, cookies: readonly string[]): void {
  const names = new Set(cookies);
  const sent = request.headers.cookie?.split(';');
  const left = sent?.filter((pair) => !names.has((pair.split('=', 1)[0] ?? '').trim()));
  if (left !== undefined) request.headers.cookie = left.join(';').trim();
  const { cookies: parsed } = request as { cookies?: object };
  for (const name of names) if (parsed !== undefined) Reflect.deleteProperty(parsed, name);
}
