import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { readSessions } from '../session/read-sessions.js';
import type { SessionReader, SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { SessionJudge } from './session-judge.js';

/** What a request carries, once it was refused. */
export interface RequestSessions {
  /** The readers whose session is over, and may be ended: beside a good one it could be that one which is destroyed. */
  readonly over: readonly SessionReader[];
  /** Whether it carries a session, too, that is still good: a session cookie beside an old token, for example. */
  readonly hasLive: boolean;
}

/** Ends the sessions of refused requests where they are stored, and no others. */
@Injectable()
export class EndedSessions {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async of(request: SessionRequest): Promise<RequestSessions> {
    const over: SessionReader[] = [];
    let hasLive = false;
    for (const reader of this.options.sessions) {
      const facts = await reader.read(request);
      if (facts === undefined) continue;
      if (this.judge.refusalOf(facts) === undefined) hasLive = true;
      else over.push(reader);
    }
    // What request.user came from is not known.
    return { over: hasLive ? over.filter(({ isLate }) => isLate !== true) : over, hasLive };
  }

  /** The sessions are refused whether or not their store lets them be ended now. */
  async end(request: SessionRequest, readers: readonly SessionReader[]): Promise<void> {
    for (const reader of readers) {
      try {
        await reader.end?.(request);
      } catch {
        this.#warn();
      }
    }
  }

  /** Makes the request nobody's, so that it may go on. False when it could not be done. */
  async renew(request: SessionRequest, readers: readonly SessionReader[]): Promise<boolean> {
    try {
      for (const reader of readers) {
        if (reader.renew === undefined) dropCookies(request, reader.cookies ?? this.#namesOfCookies());
        else await reader.renew(request);
      }
      return await this.#isNobodys(request);
    } catch {
      this.#warn();
      return false;
    }
  }

  /** Of anybody whose session is over; what request.user came from may be left beside a live session. */
  async #isNobodys(request: SessionRequest): Promise<boolean> {
    const sessions = await readSessions(this.options.sessions, request);
    return sessions.every((session) => this.judge.refusalOf(session) === undefined);
  }

  #namesOfCookies(): readonly string[] {
    return this.options.whenLoggedOut.clearCookies.map(({ name }) => name);
  }

  #warn(): void {
    this.#logger.warn('A session that is over could not be removed from its store. It stays refused.');
  }
}

/** As if the browser had not sent these cookies: the answer takes them away, and the request goes on without them. */
function dropCookies(request: SessionRequest, cookies: readonly string[]): void {
  const names = new Set(cookies);
  const sent = request.headers.cookie?.split(';');
  const left = sent?.filter((pair) => !names.has((pair.split('=', 1)[0] ?? '').trim()));
  if (left !== undefined) request.headers.cookie = left.join(';').trim();
  const { cookies: parsed } = request as { cookies?: object };
  for (const name of names) if (parsed !== undefined) Reflect.deleteProperty(parsed, name);
}
