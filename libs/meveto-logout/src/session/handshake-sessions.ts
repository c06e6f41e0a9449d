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
  readonly #opened = new WeakMap<object, SessionRequest>();

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

  /** Keeps the request that opened a socket which does not carry it. */
  opened(socket: object, request: SessionRequest): void {
    this.#opened.set(socket, request);
  }

  /** As `of`, for a socket whose request was kept; undefined for others. */
  ofOpened(socket: object): readonly SessionFacts[] | Promise<readonly SessionFacts[]> | undefined {
    const request = this.#opened.get(socket);
    return request && this.of(socket, () => request);
  }

  async #read(socket: object, request: SessionRequest): Promise<readonly SessionFacts[]> {
    const server: unknown = this.host.httpAdapter.getInstance();
    const sessions = await readHandshake(this.options.sessions, request, server);
    // Who has no session yet may get one, and is looked at again.
    if (sessions.length > 0) this.#bySocket.set(socket, sessions);
    return sessions;
  }
}
