import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Namespace, Server, Socket } from 'socket.io';
import { NAMESPACE } from '../../client/protocol.js';
import type { SessionFacts } from '../../model/session.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { SocketWatch } from './socket-watch.js';

type Restored = Awaited<ReturnType<Namespace['adapter']['restoreSession']>>;
/** As it is, whatever its type says: null where there is nothing to restore. */
type Restore = (...asked: Parameters<Namespace['adapter']['restoreSession']>) => Promise<Restored | null>;

/** The application's own namespaces that it has named: sessions that are over neither get in there nor stay. */
@Injectable()
export class HostNamespaces {
  readonly #logger = new Logger('MevetoLogout');
  readonly #atHandshake = new WeakMap<Socket, readonly SessionFacts[]>();
  readonly #kept = new WeakMap<Socket, readonly SessionFacts[]>();
  readonly #guarded = new Set<string>();

  constructor(
    @Inject(SocketHandshake) private readonly handshake: SocketHandshake,
    @Inject(SocketWatch) private readonly watch: SocketWatch,
    @Inject(SOCKET_IO_OPTIONS) private readonly options: ResolvedSocketIoOptions,
  ) {}

  /** Guards the named namespaces of this server, those that are there and those to come. */
  attach(server: Server): void {
    // To make them here would keep a dynamic namespace's own middlewares from them.
    for (const namespace of server._nsps.values()) this.#guardIfNamed(namespace);
    server.on('new_namespace', (namespace) => {
      this.#guardIfNamed(namespace);
    });
  }

  /** Once the application is up: names that fit no namespace are mistakes. */
  warnOfMissing(): void {
    for (const name of this.options.namespaces) {
      if (typeof name !== 'string' || this.#guarded.has(name)) continue;
      this.#logger.warn(
        `livePush.namespaces: there is no Socket.IO namespace ${name} on the application's port. Its sockets are not closed.`,
      );
    }
  }

  #guardIfNamed(namespace: Namespace): void {
    const { name } = namespace;
    if (name === NAMESPACE || !this.options.namespaces.some((each) => isMatch(each, name))) return;
    this.#guarded.add(name);
    this.#guardRecovery(namespace);
    namespace.use((socket, next) => {
      this.#enter(socket).then(
        () => next(),
        (error: unknown) => {
          next(HandshakeRefusal.of(error));
        },
      );
    });
    namespace.on('connection', (socket) => {
      void this.#entered(socket);
    });
  }

  /**
   * A socket that is recovered gets the packets that it has missed before any middleware runs, refused or not: it is not
   * recovered when the session that it had is over, or when too little is known to say so, and connects as a new one.
   */
  #guardRecovery(namespace: Namespace): void {
    this.#guardAdapter(namespace);
    // The application may give its server another adapter later, as once its bus is there.
    const initAdapter = namespace._initAdapter.bind(namespace);
    namespace._initAdapter = () => {
      initAdapter();
      this.#guardAdapter(namespace);
    };
  }

  #guardAdapter(namespace: Namespace): void {
    const adapter = namespace.adapter as Pick<Namespace['adapter'], 'persistSession'> & {
      restoreSession: Restore;
    };
    const persist = adapter.persistSession.bind(adapter);
    adapter.persistSession = (session) => {
      const socket = namespace.sockets.get(session.sid);
      // What the application has put there since may have taken its place.
      if (keepForRecovery(session, (socket && this.#kept.get(socket)) ?? [])) persist(session);
    };
    const restore = adapter.restoreSession.bind(adapter);
    adapter.restoreSession = async (...asked) => {
      const session = await restore(...asked);
      const kept = keptIn(session?.data);
      return kept.length > 0 && !this.#mayStay(kept) ? null : session;
    };
  }

  #mayStay(sessions: readonly SessionFacts[]): boolean {
    try {
      this.handshake.checkFreshness();
      return this.watch.refusalOf(sessions) === undefined;
    } catch {
      return false;
    }
  }

  /** Whoever has no session passes: who may come in at all is for the application to say. */
  async #enter(socket: Socket): Promise<void> {
    const sessions = await this.#sessionsOf(socket);
    if (sessions.length === 0) return;
    const reason = this.watch.refusalOf(sessions);
    if (reason !== undefined) throw new HandshakeRefusal(reason);
    this.handshake.checkFreshness();
    this.#atHandshake.set(socket, sessions);
  }

  /**
   * A socket that was recovered is in the rooms of the session it had: that one counts, too, unless the client shows
   * another one of the same user.
   */
  async #sessionsOf(socket: Socket): Promise<readonly SessionFacts[]> {
    const before = sessionsBefore(socket);
    const shown = await this.handshake.read(socket);
    const isShown = ({ userId }: SessionFacts) => shown.some((one) => String(one.userId) === String(userId));
    return [...shown, ...before.filter((session) => !isShown(session))];
  }

  /** Connection state recovery brings sockets back that no middleware has seen. */
  async #entered(socket: Socket): Promise<void> {
    try {
      const isSeen = this.#atHandshake.has(socket) || !socket.recovered;
      const sessions = this.#atHandshake.get(socket) ?? (isSeen ? [] : await this.#sessionsOf(socket));
      this.#kept.set(socket, sessions);
      this.watch.watch(socket, sessions);
    } catch {
      socket.disconnect();
    }
  }
}

/** In `socket.data`, which recovery brings back with the rooms, whatever the client then shows of its session. */
const KEPT = 'mevetoLogoutSessions';

const keptIn = (data: unknown): readonly SessionFacts[] => {
  const kept = (data as Partial<Record<string, unknown>> | undefined)?.[KEPT];
  return Array.isArray(kept) ? (kept as SessionFacts[]) : [];
};

const sessionsBefore = (socket: Socket): readonly SessionFacts[] =>
  socket.recovered ? keptIn(socket.data) : [];

/** False when it cannot be kept: then the socket may not be recovered either, and connects as a new one. */
function keepForRecovery(keeper: { data: unknown }, sessions: readonly SessionFacts[]): boolean {
  if (sessions.length === 0) return true;
  const data = (keeper.data ??= {});
  const kept = sessions.map(({ userId, signedInAt }) => ({
    userId: String(userId),
    ...(signedInAt !== undefined && { signedInAt }),
  }));
  return typeof data === 'object' && Reflect.set(data, KEPT, kept);
}

const isMatch = (wanted: string | RegExp, name: string): boolean =>
  typeof wanted === 'string'
    ? wanted === name
    : new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '')).test(name);
