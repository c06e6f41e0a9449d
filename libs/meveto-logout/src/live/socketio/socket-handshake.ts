import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Socket } from 'socket.io';
import type { ConnectRefusal } from '../../client/protocol.js';
import type { SessionFacts } from '../../model/session.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { withAccessToken } from '../../session/handshake-request.js';
import { readHandshake } from '../../session/read-sessions.js';
import type { SessionRequest } from '../../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';

const MESSAGES: Readonly<Record<ConnectRefusal, string>> = {
  'not-logged-in': 'There is no session to watch. Log in first.',
  'foreign-origin': 'Pages of other sites may not connect.',
  unavailable: 'The session cannot be read at the moment. Try again shortly.',
};

/** A refused handshake: the client's `connect_error` has its code as `data.code`. */
export class HandshakeRefusal extends Error {
  readonly data: { readonly code: ConnectRefusal };

  constructor(code: ConnectRefusal) {
    super(MESSAGES[code]);
    this.name = 'HandshakeRefusal';
    this.data = { code };
  }

  /** Whatever went wrong, as something that a client may see. */
  static of(error: unknown): HandshakeRefusal {
    return error instanceof HandshakeRefusal ? error : new HandshakeRefusal('unavailable');
  }
}

/** Finds the session of a Socket.IO handshake with the same readers as the guard. */
@Injectable()
export class SocketHandshake {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** @throws {HandshakeRefusal} when there is no session, or the page is another site's. */
  async sessionsOf(socket: Socket): Promise<readonly SessionFacts[]> {
    if (!isSameOrigin(socket.request.headers)) throw new HandshakeRefusal('foreign-origin');
    const sessions = await this.#read(withAccessToken(socket.request, socket.handshake.auth['token']));
    if (sessions.length === 0) throw new HandshakeRefusal('not-logged-in');
    return sessions;
  }

  async #read(request: SessionRequest): Promise<readonly SessionFacts[]> {
    try {
      return await readHandshake(this.options.sessions, request, this.host.httpAdapter.getInstance());
    } catch {
      this.#logger.warn('A live connection was refused: its session cannot be read at the moment.');
      throw new HandshakeRefusal('unavailable');
    }
  }
}

/** A page's origin must be the host that it talks to; programs send none. */
export function isSameOrigin(headers: SessionRequest['headers']): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
