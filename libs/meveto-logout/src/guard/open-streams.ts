import { Inject, Injectable } from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import type { SessionFacts } from '../model/session.js';
import { SessionJudge } from './session-judge.js';

/** Forbidden, of graphql-ws: its clients do not connect again after it. */
const FORBIDDEN = 4403;

/** A socket of `ws`, the bare one of the operating system's that was kept in its place, or an HTTP response. */
interface Closable {
  once(event: 'close' | 'socket', listener: () => void): unknown;
  close?(code: number, reason: string): void;
  destroy?(): void;
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  /** Of an HTTP response: null until it is its turn on a connection that has answers before it. */
  readonly socket?: unknown;
}

/**
 * What goes on after a guard has let it in: the WebSockets of GraphQL subscriptions, and server-sent events. A guard runs
 * when such a stream begins, and not for what it sends later: so it is closed once a logout has ended its session.
 */
@Injectable()
export class OpenStreams {
  readonly #byUser = new Map<string, Set<Closable>>();
  readonly #sessions = new WeakMap<object, SessionFacts[]>();
  #isListening = false;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(SessionJudge) private readonly judge: SessionJudge,
  ) {}

  /** May be called again for the same stream: with the same sessions, or with more of them. */
  watch(stream: object, sessions: readonly SessionFacts[]): void {
    // What has closed already never says so again, and would be kept for good.
    if (sessions.length === 0 || !isClosable(stream) || stream.destroyed === true || stream.closed === true)
      return;
    if (stream.socket === null) {
      // Were its connection to end before its turn, it would not hear of it.
      stream.once('socket', () => {
        if (this.#isOver(sessions)) close(stream);
        else this.watch(stream, sessions);
      });
      return;
    }
    this.#listen();
    const watched = this.#sessions.get(stream) ?? this.#begin(stream);
    for (const session of sessions) {
      if (watched.some((one) => isSame(one, session))) continue;
      watched.push(session);
      const user = String(session.userId);
      this.#byUser.set(user, (this.#byUser.get(user) ?? new Set()).add(stream));
    }
  }

  #begin(stream: Closable): SessionFacts[] {
    const sessions: SessionFacts[] = [];
    this.#sessions.set(stream, sessions);
    stream.once('close', () => {
      this.#drop(stream);
    });
    return sessions;
  }

  #drop(stream: Closable): void {
    for (const { userId } of this.#sessions.get(stream) ?? []) {
      const user = String(userId);
      const ofUser = this.#byUser.get(user);
      ofUser?.delete(stream);
      if (ofUser?.size === 0) this.#byUser.delete(user);
    }
  }

  #isOver(sessions: readonly SessionFacts[]): boolean {
    return sessions.some((session) => this.judge.refusalOf(session) !== undefined);
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.known.logouts$.subscribe(({ userId }) => {
      for (const stream of [...(this.#byUser.get(userId) ?? [])]) {
        if (!this.#isOver(this.#sessions.get(stream) ?? [])) continue;
        this.#drop(stream);
        close(stream);
      }
    });
  }
}

const isSame = (one: SessionFacts, other: SessionFacts): boolean =>
  String(one.userId) === String(other.userId) && one.signedInAt === other.signedInAt;

const isClosable = (stream: object): stream is Closable =>
  'once' in stream && ('close' in stream || 'destroy' in stream);

function close(stream: Closable): void {
  if (typeof stream.close === 'function') stream.close(FORBIDDEN, 'logged-out');
  else stream.destroy?.();
}
