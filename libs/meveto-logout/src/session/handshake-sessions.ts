import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { readHandshake } from './read-sessions.js';
import type { SessionRequest } from './session-reader.port.js';

/**
 * The sessions of open sockets, read from their handshake until one is found: whoever opened a socket stays who they were,
 * also when their session was deleted since.
 */
@Injectable()
export class HandshakeSessions {
  readonly #bySocket = new WeakMap<object, readonly SessionFacts[]>();

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * @param socket the open socket, or what stands for it as long as it is open
   * @param handshake gives the request that opened it
   * @throws what the session store throws, when it cannot be read.
   */
  of(
    socket: object,
    handshake: () => SessionRequest,
  ): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
    return this.#bySocket.get(socket) ?? this.#read(socket, handshake());
  }

  async #read(socket: object, request: SessionRequest): Promise<readonly SessionFacts[]> {
    const server: unknown = this.host.httpAdapter.getInstance();
    const sessions = await readHandshake(this.options.sessions, request, server);
    // Who has no session yet may get one, and is looked at again.
    if (sessions.length > 0) this.#bySocket.set(socket, sessions);
    return sessions;
  }
}
