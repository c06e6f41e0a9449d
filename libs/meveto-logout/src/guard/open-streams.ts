import { Inject, Injectable } from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import type { SessionFacts } from '../model/session.js';
import { SessionJudge } from './session-judge.js';

/** Forbidden, of graphql-ws: its clients do not connect again after it. */
const FORBIDDEN = 4403;

/** A socket of `ws`, the bare one of the operating system's that was kept in its place, or an HTTP response. */
interface Closable {
  once(event: 'close', listener: () => void): unknown;
  close?(code: number, reason: string): void;
  destroy?(): void;
}

/**
 * What goes on after a guard has let it in: the WebSockets of GraphQL subscriptions, and server-sent events. A guard runs
 * when such a stream begins, and not for what it sends later: so it is closed once its session is over.
 */
@Injectable()
export class OpenStreams {
  readonly #byUser = new Map<string, Map<Closable, readonly SessionFacts[]>>();
  readonly #watched = new WeakSet<object>();
  #isListening = false;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(SessionJudge) private readonly judge: SessionJudge,
  ) {}

  watch(socket: object, sessions: readonly SessionFacts[]): void {
    if (sessions.length === 0 || this.#watched.has(socket) || !isClosable(socket)) return;
    this.#listen();
    this.#watched.add(socket);
    const users = new Set(sessions.map(({ userId }) => String(userId)));
    for (const user of users) {
      const ofUser = this.#byUser.get(user) ?? new Map<Closable, readonly SessionFacts[]>();
      this.#byUser.set(user, ofUser.set(socket, sessions));
    }
    socket.once('close', () => {
      for (const user of users) this.#drop(user, socket);
    });
  }

  #drop(user: string, socket: Closable): void {
    const ofUser = this.#byUser.get(user);
    ofUser?.delete(socket);
    if (ofUser?.size === 0) this.#byUser.delete(user);
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.known.logouts$.subscribe(({ userId }) => {
      for (const [socket, sessions] of [...(this.#byUser.get(userId) ?? [])]) {
        if (sessions.some((session) => this.judge.refusalOf(session) !== undefined)) close(socket);
      }
    });
  }
}

const isClosable = (socket: object): socket is Closable =>
  'once' in socket && ('close' in socket || 'destroy' in socket);

function close(socket: Closable): void {
  if (typeof socket.close === 'function') socket.close(FORBIDDEN, 'logged-out');
  else socket.destroy?.();
}
