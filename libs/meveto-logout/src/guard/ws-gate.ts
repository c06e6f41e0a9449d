import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { withAccessToken } from '../session/handshake-request.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import { hasLateReaders } from '../session/read-sessions.js';
import type { SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { OneWarning } from '../observe/one-warning.js';
import { endSoon, OpenStreams } from './open-streams.js';
import { messageRefusal } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge } from './session-judge.js';

type Found = readonly SessionFacts[];

/**
 * Lets messages to the application's own gateways in or refuses them: the client hears why by the event `exception`, and
 * is disconnected when its session is over.
 */
@Injectable()
export class WsGate {
  readonly #warning = new OneWarning(
    'A message to a WebSocket gateway passed unchecked, since its socket carries no request. Hand it over in handleConnection: ' +
      'mevetoLogoutSockets.admit(client, request), or tell whose it is with the option sessionOfMessage.ws.',
  );

  readonly #lateWarning = new OneWarning(
    'A message to a WebSocket gateway passed unchecked: its socket shows no session, and request.user, which requestUser() ' +
      'reads, is not set there. Tell whose it is with the option sessionOfMessage.ws.',
  );

  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  enter(context: ExecutionContext, policy: RoutePolicy): true | Promise<true> {
    const ws = context.switchToWs();
    const client: unknown = ws.getClient();
    const found = this.#sessionsOf(client, ws.getData());
    if (found === undefined) return this.#warning.pass();
    return found instanceof Promise
      ? found.then((sessions) => this.#decide(sessions, client, policy))
      : this.#decide(found, client, policy);
  }

  #sessionsOf(client: unknown, data: unknown): Found | Promise<Found> | undefined {
    const ask = this.options.sessionOfMessage.ws;
    return ask === undefined
      ? this.#atHandshake(client)
      : this.#orAtHandshake(asList(ask(client, data)), client);
  }

  /** Undefined where the socket does not carry its request, and was not handed over. */
  #atHandshake(client: unknown): Found | Promise<Found> | undefined {
    if (!isSocketIo(client)) return this.handshakes.ofOpened(client as object);
    return this.handshakes.of(client, () =>
      withAccessToken(client.request, client.handshake.auth?.['token']),
    );
  }

  /** A message that says nothing of whose it is comes from whoever opened the socket. */
  #orAtHandshake(found: Found | Promise<Found>, client: unknown): Found | Promise<Found> {
    if (found instanceof Promise) return found.then((sessions) => this.#orAtHandshake(sessions, client));
    return found.length > 0 ? found : (this.#atHandshake(client) ?? found);
  }

  #decide(sessions: Found, client: unknown, policy: RoutePolicy): true {
    const verdict = this.judge.judge(sessions, policy.stalenessLimitMs);
    if (verdict === undefined) {
      if (!isSocketIo(client)) this.streams.watchSocket(client as object, sessions);
      return this.#isUnseen(sessions) ? this.#lateWarning.pass() : true;
    }
    if (verdict !== 'logout-state-unknown') disconnectSoon(client as Partial<Disconnectable>);
    throw new WsException(messageRefusal(verdict));
  }

  /** Whoever logs in by a guard of the gateway's is nobody here. */
  #isUnseen(sessions: Found): boolean {
    const { sessionOfMessage, sessions: readers } = this.options;
    return sessions.length === 0 && sessionOfMessage.ws === undefined && hasLateReaders(readers);
  }
}

interface Disconnectable {
  disconnect(): void;
}

/** After the exception filter has said why. */
function disconnectSoon(client: Partial<Disconnectable>): void {
  if (typeof client.disconnect === 'function') setImmediate(() => client.disconnect?.());
  else endSoon(client);
}

interface SocketIoClient {
  readonly request: SessionRequest;
  readonly handshake: { readonly auth?: Readonly<Record<string, unknown>> };
}

const isSocketIo = (client: unknown): client is SocketIoClient =>
  typeof client === 'object' && client !== null && 'request' in client && 'handshake' in client;

/** What a function of the application's said, as a list. */
export function asList(
  facts: SessionFacts | undefined | Promise<SessionFacts | undefined>,
): Found | Promise<Found> {
  if (facts === undefined) return [];
  return 'then' in facts ? facts.then((found) => (found === undefined ? [] : [found])) : [facts];
}
