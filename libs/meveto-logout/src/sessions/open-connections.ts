import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { MevetoEvents } from '../core/index.js';
import { LogoutCache } from '../logouts/index.js';
import { EventLoopBatches } from './event-loop-batches.js';
import { sessionsEvents } from './events.js';
import { SessionIndex } from './session-index.js';
import { type RefusalReason, type SessionOver, SessionValidator } from './session-validator.js';
import type { SessionFacts } from './session.js';

/** Sessions also end by their age, which causes no event. */
const SWEEP_EVERY_MS = 5_000;

/** Close code after which a client should not reconnect. It is in the list of fatal codes of graphql-ws. */
export const UNAUTHORIZED = 4401;
/** `readyState` of a closed socket, which emits no further `close`. */
const CLOSED = 3;

/** How the connections of one kind are ended. */
export interface ConnectionKind<T extends object> {
  isOpen(connection: T): boolean;
  /** Tells the client that its session is over. All connections are notified before the first of them is closed. */
  notify?(connection: T, session: SessionFacts, over: SessionOver): void;
  close(connection: T, reason: RefusalReason): void;
}

/** A socket of `ws`, a TCP socket of Node in its place, or an HTTP response. */
interface Stream {
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

const STREAMS: ConnectionKind<Stream> = {
  /** A closed stream emits no further `close`, so it would never be removed. */
  isOpen: ({ destroyed, closed, readyState, stream }) =>
    destroyed !== true && closed !== true && readyState !== CLOSED && stream?.destroyed !== true,
  close: (stream, reason) => {
    if (!closeByCode(stream, reason)) stream.destroy?.();
  },
};

interface Unsubscribable {
  unsubscribe(): void;
}

/**
 * The registry of all open connections of this process: live push and the application's own namespaces on Socket.IO, WebSockets
 * of GraphQL and of gateways of the `ws` adapter, and event streams. A guard runs only when such a connection begins. The
 * registry ends the connection when its session is over: at once after a logout, within five seconds when it is too old.
 */
@Injectable()
export class OpenConnections implements OnApplicationShutdown {
  readonly #kinds = new Map<ConnectionKind<object>, SessionIndex<object>>();
  readonly #queue = new EventLoopBatches<() => void>((next) => {
    next();
  });
  /** Streams with a listener for `close`. */
  readonly #withListener = new WeakSet<Stream>();
  #sweeping: NodeJS.Timeout | undefined;
  #logouts: Unsubscribable | undefined;

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(MevetoEvents) private readonly events = new MevetoEvents(),
  ) {}

  onApplicationShutdown(): void {
    clearInterval(this.#sweeping);
    this.#logouts?.unsubscribe();
  }

  /** Watches a stream until it closes. May be called again, with the same or further sessions. */
  watch(stream: object, sessions: readonly SessionFacts[]): void {
    if (sessions.length === 0 || !isStream(stream) || !STREAMS.isOpen(stream)) return;
    if (stream.socket === null) {
      // A response without a socket emits no event if its connection closes, so it is watched from its socket on.
      stream.once('socket', () => {
        this.watch(stream, sessions);
        this.endIfOver(STREAMS, stream);
      });
      return;
    }
    this.#hold(stream);
    this.add(STREAMS, stream, sessions);
  }

  /** Watches the socket of a gateway. Its sessions are those of the latest message with a session. */
  watchSocket(socket: object, sessions: readonly SessionFacts[]): void {
    if (sessions.length === 0 || !isStream(socket) || !STREAMS.isOpen(socket)) return;
    this.#hold(socket);
    this.#of(STREAMS).set(socket, sessions);
  }

  /** Adds a connection until `remove`. May be called again for the same one, with the same or further sessions. */
  add<T extends object>(kind: ConnectionKind<T>, connection: T, sessions: readonly SessionFacts[]): void {
    this.#of(kind).add(connection, sessions);
  }

  remove<T extends object>(kind: ConnectionKind<T>, connection: T): void {
    this.#of(kind).remove(connection);
  }

  /** The connections of one kind with sessions of this user. */
  ofUser<T extends object>(kind: ConnectionKind<T>, userId: string): readonly T[] {
    return this.#of(kind).ofUser(userId);
  }

  /**
   * Notifies the connection now if one of its sessions is over, and closes it after others that are being notified. Returns
   * whether one is over.
   */
  endIfOver<T extends object>(kind: ConnectionKind<T>, connection: T): boolean {
    const index = this.#of(kind);
    const session = this.validator.firstOver(index.sessionsOf(connection));
    if (session === undefined || !kind.isOpen(connection)) return false;
    index.remove(connection);
    const over = this.validator.overOf(session);
    const close = (): void => {
      this.#attempt(() => {
        kind.close(connection, over.reason);
      });
    };
    if (kind.notify === undefined) {
      close();
    } else {
      this.#attempt(() => kind.notify?.(connection, session, over));
      this.#queue.addLater(close);
    }
    return true;
  }

  #hold(stream: Stream): void {
    if (this.#withListener.has(stream)) return;
    this.#withListener.add(stream);
    stream.once('close', () => {
      this.remove(STREAMS, stream);
    });
  }

  #of<T extends object>(kind: ConnectionKind<T>): SessionIndex<T> {
    const key = kind as ConnectionKind<object>;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known as SessionIndex<T>;
    this.#listen();
    const index = new SessionIndex<T>();
    this.#kinds.set(key, index);
    return index;
  }

  #listen(): void {
    if (this.#sweeping !== undefined) return;
    this.#sweeping = setInterval(() => {
      this.#sweep();
    }, SWEEP_EVERY_MS).unref();
    this.#logouts = this.cache.logouts$.subscribe(({ userId }) => {
      this.#endAllOf(userId);
    });
  }

  #endAllOf(userId: string): void {
    const connections = [...this.#kinds].flatMap(([kind, index]) =>
      index.ofUser(userId).map((connection) => ({ kind, connection })),
    );
    const knownAt = performance.now();
    let leftCount = connections.length;
    let count = 0;
    for (const { kind, connection } of connections) {
      this.#queue.add(() => {
        if (this.endIfOver(kind, connection)) count += 1;
        leftCount -= 1;
        if (leftCount > 0 || count === 0) return;
        const sinceKnownMs = performance.now() - knownAt;
        this.events.emit(sessionsEvents.MEVETO_CONNECTIONS_NOTIFIED, { userId, count, sinceKnownMs });
      });
    }
  }

  #sweep(): void {
    for (const [kind, index] of this.#kinds) {
      for (const [connection, sessions] of index) {
        if (!kind.isOpen(connection)) index.remove(connection);
        else if (this.validator.firstOver(sessions) !== undefined)
          this.#queue.add(() => {
            this.endIfOver(kind, connection);
          });
      }
    }
  }

  /** A connection that fails must not stop the others. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch {
      this.events.emit(sessionsEvents.MEVETO_CONNECTION_NOT_ENDED);
    }
  }
}

const isStream = (stream: object): stream is Stream =>
  'once' in stream && ('close' in stream || 'destroy' in stream);

function closeByCode(stream: Partial<Stream>, reason: string): boolean {
  if (typeof stream.close !== 'function') return false;
  stream.close(UNAUTHORIZED, reason);
  return true;
}

/** Closes a WebSocket after the current answer is written. A stream without close codes stays open. */
export function endSoon(socket: object, reason: string): void {
  setImmediate(() => closeByCode(socket, reason));
}
