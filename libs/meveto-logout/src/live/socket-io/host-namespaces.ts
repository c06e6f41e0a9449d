import { Inject, Injectable } from '@nestjs/common';
import type { Namespace, Server, Socket } from 'socket.io';
import { MevetoEvents } from '../../core/index.js';
import { NAMESPACE } from '../../protocol/index.js';
import { type SessionFacts, SessionValidator } from '../../sessions/index.js';
import { liveEvents } from '../events.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { SocketWatch } from './socket-watch.js';

type Restored = Awaited<ReturnType<Namespace['adapter']['restoreSession']>>;
/** The actual type, unlike the declared one: null where nothing can be restored. */
type Restore = (...asked: Parameters<Namespace['adapter']['restoreSession']>) => Promise<Restored | null>;

/** Protects the namespaces that the application named: ended sessions may neither connect nor stay connected. */
@Injectable()
export class HostNamespaces {
  readonly #atHandshake = new WeakMap<Socket, readonly SessionFacts[]>();
  readonly #kept = new WeakMap<Socket, readonly SessionFacts[]>();
  readonly #guarded = new Set<string>();

  constructor(
    @Inject(SocketHandshake) private readonly handshake: SocketHandshake,
    @Inject(SocketWatch) private readonly watch: SocketWatch,
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(SOCKET_IO_OPTIONS) private readonly options: ResolvedSocketIoOptions,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  /** Guards the named namespaces of this server, existing and future ones. */
  attach(server: Server): void {
    // Do not create namespaces here: a dynamic namespace would lose its own middlewares.
    for (const namespace of server._nsps.values()) this.#guardIfNamed(namespace);
    server.on('new_namespace', (namespace) => {
      this.#guardIfNamed(namespace);
    });
  }

  /** Called after the start: warns of names that match no namespace. */
  warnOfMissing(): void {
    for (const name of this.options.namespaces) {
      if (typeof name !== 'string' || this.#guarded.has(name)) continue;
      this.events.emit(liveEvents.MEVETO_NAMESPACE_MISSING, { namespace: name });
    }
  }

  #guardIfNamed(namespace: Namespace): void {
    const { name } = namespace;
    if (name === NAMESPACE || !this.options.namespaces.some((each) => isMatch(each, name))) return;
    this.#guarded.add(name);
    this.#guardRecovery(namespace);
    namespace.use((socket, next) => {
      this.#checkHandshake(socket).then(
        () => next(),
        (error: unknown) => {
          next(HandshakeRefusal.of(error));
        },
      );
    });
    namespace.on('connection', (socket) => {
      void this.#connected(socket);
    });
  }

  /**
   * Connection state recovery sends the missed packets before any middleware runs. Refuse the recovery when the earlier
   * session is over or the logout state is too old; the socket then connects as a new one.
   */
  #guardRecovery(namespace: Namespace): void {
    this.#guardAdapter(namespace);
    // The application may set another adapter later, for example once its bus is connected.
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
      // The application may have replaced the stored sessions.
      if (keepForRecovery(session, (socket && this.#kept.get(socket)) ?? [])) persist(session);
    };
    const restore = adapter.restoreSession.bind(adapter);
    adapter.restoreSession = async (...asked) => {
      const session = await restore(...asked);
      const kept = keptIn(session?.data);
      return kept.length > 0 && this.validator.refusalOf(kept) !== undefined ? null : session;
    };
  }

  /** Lets sockets without a session pass: the application decides who may connect at all. */
  async #checkHandshake(socket: Socket): Promise<void> {
    const sessions = await this.#sessionsOf(socket);
    if (sessions.length === 0) return;
    const refusal = this.validator.refusalOf(sessions);
    if (refusal !== undefined) throw HandshakeRefusal.for(refusal);
    this.#atHandshake.set(socket, sessions);
  }

  /**
   * A recovered socket is in the rooms of its earlier session. That session counts too, unless the client now shows
   * another session of the same user.
   */
  async #sessionsOf(socket: Socket): Promise<readonly SessionFacts[]> {
    const before = sessionsBefore(socket);
    const shown = await this.handshake.read(socket);
    const isShown = ({ userId }: SessionFacts) => shown.some((one) => String(one.userId) === String(userId));
    return [...shown, ...before.filter((session) => !isShown(session))];
  }

  /** Recovered sockets did not pass the middleware. */
  async #connected(socket: Socket): Promise<void> {
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

/** Key in `socket.data`. Recovery restores the data and the rooms, even if the client then shows another session. */
const KEPT = 'mevetoLogoutSessions';

const keptIn = (data: unknown): readonly SessionFacts[] => {
  const kept = (data as Partial<Record<string, unknown>> | undefined)?.[KEPT];
  return Array.isArray(kept) ? (kept as SessionFacts[]) : [];
};

const sessionsBefore = (socket: Socket): readonly SessionFacts[] =>
  socket.recovered ? keptIn(socket.data) : [];

/** Stores the sessions for recovery. Returns false when they cannot be stored; the socket must not be recovered then. */
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
