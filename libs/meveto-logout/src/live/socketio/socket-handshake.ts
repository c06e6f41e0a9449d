import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';
import type { ConnectRefusal } from '../../client/protocol.js';
import type { SessionFacts } from '../../model/session.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { readSessions } from '../../session/read-sessions.js';
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

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  /** @throws {HandshakeRefusal} when there is no session, or the page is another site's. */
  async sessionsOf(socket: Socket): Promise<readonly SessionFacts[]> {
    if (!isSameOrigin(socket.request.headers)) throw new HandshakeRefusal('foreign-origin');
    const request = requestOf(socket);
    for (const reader of this.options.sessions) {
      try {
        await reader.prepareHandshake?.(request);
      } catch {
        this.#logger.warn('A live connection was refused: its session cannot be read at the moment.');
        throw new HandshakeRefusal('unavailable');
      }
    }
    const sessions = await readSessions(this.options.sessions, request);
    if (sessions.length === 0) throw new HandshakeRefusal('not-logged-in');
    return sessions;
  }
}

/** The handshake's request; `auth: { token }` stands for an Authorization header, which browsers cannot set here. */
function requestOf(socket: Socket): SessionRequest {
  const token: unknown = socket.handshake.auth['token'];
  if (typeof token !== 'string') return socket.request;
  const headers = { ...socket.request.headers, authorization: `Bearer ${token}` };
  return Object.create(socket.request, { headers: { value: headers } }) as SessionRequest;
}

/** A page's origin must be the host that it talks to; programs send none. */
export function isSameOrigin(headers: SessionRequest['headers']): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
