import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import type { SessionFacts } from '../model/session.js';
import { SessionIndex } from '../session/session-index.js';
import { SessionJudge } from './session-judge.js';

/** Sessions end by their age, too, and nobody announces that. */
const SWEEP_EVERY_MS = 5_000;

/** Clients of graphql-ws do not connect again after it, by its list of fatal codes; nor should others. */
export const UNAUTHORIZED = 4401;
/** `readyState` of a socket that will not say `close` again. */
const CLOSED = 3;

/** A socket of `ws`, the bare one of the operating system's that was kept in its place, or an HTTP response. */
interface Closable {
  once(event: 'close' | 'socket', listener: () => void): unknown;
  close?(code: number, reason: string): void;
  destroy?(): void;
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  readonly readyState?: unknown;
  /** Of a response over HTTP/2, which says nothing else of its end. */
  readonly stream?: { readonly destroyed?: boolean };
  /** Of an HTTP response: null until it is its turn on a connection that has answers before it. */
  readonly socket?: unknown;
}

/**
 * What goes on after a guard has let it in: the WebSockets of GraphQL subscriptions and of gateways of the `ws` adapter, and
 * server-sent events. A guard runs when such a stream begins, and not for what it sends later: so it is closed once its session
 * is over, by a logout at once, by its age within five seconds.
 */
@Injectable()
export class OpenStreams implements OnApplicationShutdown {
  readonly #open = new SessionIndex<Closable>();
  /** Whose closing is listened for. */
  readonly #heard = new WeakSet<Closable>();
  #sweeping: NodeJS.Timeout | undefined;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(SessionJudge) private readonly judge: SessionJudge,
  ) {}

  /** May be called again for the same stream: with the same sessions, or with more of them. */
  watch(stream: object, sessions: readonly SessionFacts[]): void {
    if (sessions.length === 0 || !isClosable(stream) || hasClosed(stream)) return;
    if (stream.socket === null) {
      // Were its connection to end before its turn, it would not hear of it.
      stream.once('socket', () => {
        if (this.#isOver(sessions)) close(stream);
        else this.watch(stream, sessions);
      });
      return;
    }
    this.#hold(stream);
    this.#open.add(stream, sessions);
  }

  /** The socket of a gateway: it is whose its latest message was that was anybody's. */
  watchSocket(socket: object, sessions: readonly SessionFacts[]): void {
    if (sessions.length === 0 || !isClosable(socket) || hasClosed(socket)) return;
    this.#hold(socket);
    this.#open.set(socket, sessions);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#sweeping);
  }

  #hold(stream: Closable): void {
    this.#listen();
    if (this.#heard.has(stream)) return;
    this.#heard.add(stream);
    stream.once('close', () => {
      this.#open.remove(stream);
    });
  }

  #isOver(sessions: readonly SessionFacts[]): boolean {
    return sessions.some((session) => this.judge.refusalOf(session) !== undefined);
  }

  #listen(): void {
    if (this.#sweeping !== undefined) return;
    this.#sweeping = setInterval(() => {
      for (const [stream] of this.#open) this.#endIfOver(stream);
    }, SWEEP_EVERY_MS).unref();
    this.known.logouts$.subscribe(({ userId }) => {
      for (const stream of this.#open.ofUser(userId)) this.#endIfOver(stream);
    });
  }

  #endIfOver(stream: Closable): void {
    if (!this.#isOver(this.#open.sessionsOf(stream))) return;
    this.#open.remove(stream);
    close(stream);
  }
}

const isClosable = (stream: object): stream is Closable =>
  'once' in stream && ('close' in stream || 'destroy' in stream);

/** What has closed already never says so again, and would be kept for good. */
const hasClosed = ({ destroyed, closed, readyState, stream }: Closable): boolean =>
  destroyed === true || closed === true || readyState === CLOSED || stream?.destroyed === true;

function close(stream: Closable): void {
  if (!closeByCode(stream)) stream.destroy?.();
}

function closeByCode(stream: Partial<Closable>): boolean {
  if (typeof stream.close !== 'function') return false;
  stream.close(UNAUTHORIZED, 'logged-out');
  return true;
}

/** Closes a WebSocket once what it is answered now has been written; whatever cannot say why it closes is left alone. */
export function endSoon(socket: object): void {
  setImmediate(() => closeByCode(socket));
}
