import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import {
  endSoon,
  HandshakeSessions,
  hasLateReaders,
  INVALID_TOKEN,
  InvalidTokenException,
  isThenable,
  OpenConnections,
  type ResolvedSessions,
  type SessionFacts,
  type SessionRefusal,
  SessionValidator,
  SESSIONS_OPTIONS,
  type SocketIoClient,
  socketIoOpening,
  usableFacts,
} from '../sessions/index.js';
import { type EventKind, MevetoEvents } from '../core/index.js';
import { guardEvents } from './events.js';
import { messageRefusal } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';

type Found = readonly SessionFacts[];

/** Lets a message pass unchecked, and says why. */
function unchecked(events: MevetoEvents, why: EventKind<string, object>): true {
  events.emit(why);
  return true;
}

/**
 * Checks the sessions of messages to the application's own gateways. A refused client receives the reason by the event
 * `exception`, and is disconnected if its session is over.
 */
@Injectable()
export class WsSessionCheck {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(OpenConnections) private readonly streams: OpenConnections,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  check(context: ExecutionContext, policy: RoutePolicy): true | Promise<true> {
    const ws = context.switchToWs();
    const client: unknown = ws.getClient();
    const found = this.#sessionsOf(client, ws.getData());
    if (found === undefined) return unchecked(this.events, guardEvents.MEVETO_SOCKET_WITHOUT_REQUEST);
    return found instanceof Promise
      ? found.then(
          (sessions) => this.#decide(sessions, client, policy),
          (error: unknown) => refuseUnread(error, client),
        )
      : this.#decide(found, client, policy);
  }

  #sessionsOf(client: unknown, data: unknown): Found | Promise<Found> | undefined {
    const ask = this.options.sessionOfMessage.ws;
    return ask === undefined
      ? this.#atHandshake(client)
      : this.#orAtHandshake(asList(ask(client, data), ask), client);
  }

  /** Undefined if the socket does not carry its request and was not passed to `admit`. */
  #atHandshake(client: unknown): Found | Promise<Found> | undefined {
    if (!isSocketIo(client)) return this.handshakes.ofOpened(client as object);
    return this.handshakes.of(client, () => socketIoOpening(client));
  }

  /** Falls back to the sessions of the handshake when the message names none. */
  #orAtHandshake(found: Found | Promise<Found>, client: unknown): Found | Promise<Found> {
    if (found instanceof Promise) return found.then((sessions) => this.#orAtHandshake(sessions, client));
    return found.length > 0 ? found : (this.#atHandshake(client) ?? found);
  }

  #decide(sessions: Found, client: unknown, policy: RoutePolicy): true {
    const refusal = this.validator.validate(sessions, policy.stalenessLimitMs);
    if (refusal === undefined) {
      if (!isSocketIo(client)) this.streams.watchSocket(client as object, sessions);
      return this.#isUnseen(sessions) ? unchecked(this.events, guardEvents.MEVETO_SOCKET_WITHOUT_USER) : true;
    }
    if (refusal.reason !== 'logout-state-unknown')
      disconnectSoon(client as Partial<Disconnectable>, refusal.reason);
    throw new WsException(messageRefusal(refusal));
  }

  /** Whether only a guard of the gateway could know the session: that guard sets the user, and no reader sees it here. */
  #isUnseen(sessions: Found): boolean {
    const { sessionOfMessage, sessions: readers } = this.options;
    return sessions.length === 0 && sessionOfMessage.ws === undefined && hasLateReaders(readers);
  }
}

interface Disconnectable {
  disconnect(): void;
}

/** Disconnects a client with too many tokens. An unavailable session store is no reason to disconnect. */
function refuseUnread(error: unknown, client: unknown): never {
  if (!(error instanceof InvalidTokenException)) throw error;
  disconnectSoon(client as Partial<Disconnectable>, INVALID_TOKEN);
  throw new WsException(messageRefusal({ reason: INVALID_TOKEN }));
}

/** Disconnects after the exception filter has sent the reason. */
function disconnectSoon(client: Partial<Disconnectable>, reason: string): void {
  if (typeof client.disconnect === 'function') setImmediate(() => client.disconnect?.());
  else endSoon(client, reason);
}

const isSocketIo = (client: unknown): client is SocketIoClient =>
  typeof client === 'object' && client !== null && 'request' in client && 'handshake' in client;

/** The result of the application's function `sessionOfMessage.ws` as a list. */
function asList(
  facts: SessionFacts | undefined | Promise<SessionFacts | undefined>,
  ask: object,
): Found | Promise<Found> {
  if (isThenable(facts)) return Promise.resolve(facts).then((found) => asList(found, ask));
  const found = usableFacts(facts, ask, 'sessionOfMessage.ws');
  return found === undefined ? [] : [found];
}

/** Checks the sessions of messages to microservice handlers, which the option `sessionOfMessage.rpc` provides. */
@Injectable()
export class RpcSessionCheck {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  check(context: ExecutionContext, policy: RoutePolicy): true | Promise<true> {
    const ask = this.options.sessionOfMessage.rpc;
    if (ask === undefined) return unchecked(this.events, guardEvents.MEVETO_MESSAGE_WITHOUT_SESSION);
    const rpc = context.switchToRpc();
    return this.#decide(ask(rpc.getData(), rpc.getContext()), ask, policy);
  }

  async #decide(
    found: SessionFacts | undefined | Promise<SessionFacts | undefined>,
    ask: object,
    policy: RoutePolicy,
  ): Promise<true> {
    const session = usableFacts(await found, ask, 'sessionOfMessage.rpc');
    const refusal = this.validator.validate(session === undefined ? [] : [session], policy.stalenessLimitMs);
    if (refusal === undefined) return true;
    throw await rpcException(refusal);
  }
}

/** Imported on demand: an application without @nestjs/microservices never calls this function. */
async function rpcException(refusal: SessionRefusal): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException(messageRefusal(refusal));
}
