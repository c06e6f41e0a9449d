import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LogoutCache } from '../logouts/index.js';
import type { SessionFacts } from './session.js';
import { SessionIndex } from './session-index.js';
import { SessionValidator } from './session-validator.js';

/** Sessions also end by their age, which causes no event. */
const SWEEP_EVERY_MS = 5_000;

/** Close code after which a client should not reconnect. It is in the list of fatal codes of graphql-ws. */
export const UNAUTHORIZED = 4401;
/** `readyState` of a closed socket, which emits no further `close`. */
const CLOSED = 3;

/** A socket of `ws`, a TCP socket of Node in its place, or an HTTP response. */
interface Closable {
  once(event: 'close' | 'socket', listener: () => void): unknown;
  close?(code: number, reason: string): void;
  destroy?(): void;
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  readonly readyState?: unknown;
  /** Only for a response over HTTP/2: the only property that shows its end. */
  readonly stream?: { readonly destroyed?: boolean };
  /** Only for an HTTP response: null while earlier responses of a pipelined connection are not finished. */
  readonly socket?: unknown;
}

/**
 * Open connections that a guard has let pass: WebSockets of GraphQL subscriptions and of gateways of the `ws` adapter, and
 * server-sent events. A guard runs only when such a stream begins. This class closes the stream when its session is over: at once
 * after a logout, within five seconds when the session is too old.
 */
@Injectable()
export class OpenConnections implements OnApplicationShutdown {
  readonly #open = new SessionIndex<Closable>();
  /** Streams with a listener for `close`. */
  readonly #withListener = new WeakSet<Closable>();
  #sweeping: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(SessionValidator) private readonly validator: SessionValidator,
  ) {}

  /** May be called again for the same stream, with the same or further sessions. */
  watch(stream: object, sessions: readonly SessionFacts[]): void {
    if (sessions.length === 0 || !isClosable(stream) || hasClosed(stream)) return;
    if (stream.socket === null) {
      // A response without a socket emits no event if its connection closes, so it is watched from its socket on.
      stream.once('socket', () => {
        if (this.#isOver(sessions)) close(stream);
        else this.watch(stream, sessions);
      });
      return;
    }
    this.#hold(stream);
    this.#open.add(stream, sessions);
  }

  /** Watches the socket of a gateway. Its sessions are those of the latest message with a session. */
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
    if (this.#withListener.has(stream)) return;
    this.#withListener.add(stream);
    stream.once('close', () => {
      this.#open.remove(stream);
    });
  }

  #isOver(sessions: readonly SessionFacts[]): boolean {
    return sessions.some((session) => this.validator.refusalOf(session) !== undefined);
  }

  #listen(): void {
    if (this.#sweeping !== undefined) return;
    this.#sweeping = setInterval(() => {
      for (const [stream] of this.#open) this.#endIfOver(stream);
    }, SWEEP_EVERY_MS).unref();
    this.cache.logouts$.subscribe(({ userId }) => {
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

/** A closed stream emits no further `close`, so it would never be removed. */
const hasClosed = ({ destroyed, closed, readyState, stream }: Closable): boolean =>
  destroyed === true || closed === true || readyState === CLOSED || stream?.destroyed === true;

function close(stream: Closable): void {
  if (!closeByCode(stream)) stream.destroy?.();
}

function closeByCode(stream: Partial<Closable>, reason = 'logged-out'): boolean {
  if (typeof stream.close !== 'function') return false;
  stream.close(UNAUTHORIZED, reason);
  return true;
}

/** Closes a WebSocket after the current answer is written. A stream without close codes stays open. */
export function endSoon(socket: object, reason?: string): void {
  setImmediate(() => closeByCode(socket, reason));
}
