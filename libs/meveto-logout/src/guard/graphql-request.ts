import type { ExecutionContext } from '@nestjs/common';
import { type SessionRequest, type SocketOpening, webSocketOpening } from '../sessions/index.js';

/** Where a GraphQL operation came from. */
export type GraphqlOrigin =
  | {
      readonly kind: 'request';
      readonly request: SessionRequest;
      /** The response object of the HTTP server, if the context has it. */
      readonly response: object | undefined;
    }
  | {
      readonly kind: 'socket';
      /** An object that identifies this connection uniquely. */
      readonly connection: object;
      readonly socket: object;
      readonly opening: () => SocketOpening;
      /** Whether the context has the connection's parameters, or the client sent none. */
      readonly hasParameters: boolean;
    }
  | { readonly kind: 'unknown' };

const PARAMETERS = 'connectionParams';

type Fields = Readonly<Record<string, unknown>>;

/** A field resolver receives four arguments. A reference resolver of a federated graph receives three: no field arguments. */
export function resolverArgumentsOf(execution: ExecutionContext): {
  readonly context: unknown;
  readonly info: unknown;
} {
  const given = execution.getArgs<unknown[]>();
  const [context, info] = given.length === 3 ? given.slice(1) : given.slice(2);
  return { context, info };
}

/** Whether the operation is a subscription. */
export const isSubscription = (execution: ExecutionContext): boolean =>
  kindOf(resolverArgumentsOf(execution).info) === 'subscription';

/** The name of the mutation; undefined for other operations. */
export function mutationOf(execution: ExecutionContext): string | undefined {
  const { info } = resolverArgumentsOf(execution);
  const { fieldName } = fieldsOf(info);
  return kindOf(info) === 'mutation' && typeof fieldName === 'string' ? fieldName : undefined;
}

const kindOf = (info: unknown): unknown => fieldsOf(fieldsOf(info)['operation'])['operation'];

/**
 * Finds the request of a GraphQL operation in its context, as Apollo, Mercurius and graphql-ws build it. For an operation
 * over a WebSocket this is the request that opened the connection.
 */
export function originOf(context: ExecutionContext): GraphqlOrigin {
  const graphql = fieldsOf(resolverArgumentsOf(context).context);
  const given = fieldsOf(graphql['req'] ?? graphql['request'] ?? fieldsOf(graphql['reply'])['request']);
  const connection = [graphql, given].find((fields) => isRequest(fieldsOf(fields['extra'])['request']));
  if (connection !== undefined) return ofConnection(connection, given);
  if (!isRequest(given)) return { kind: 'unknown' };
  const response = responseOf(graphql, given);
  if (response !== undefined || !isHandshake(given)) return { kind: 'request', request: given, response };
  // The application's context function kept only the request of the handshake. Its TCP socket may have carried requests
  // of other users, so the request object identifies the connection.
  const socket = fieldsOf(given)['socket'];
  return {
    kind: 'socket',
    connection: given,
    socket: isObject(socket) ? socket : given,
    opening: () => webSocketOpening(given, graphql[PARAMETERS]),
    hasParameters: PARAMETERS in graphql,
  };
}

/**
 * The opening of a connection whose context function builds the request from the parameters: `{ headers: connectionParams }`.
 * Undefined for an HTTP request.
 */
export function openingByParameters(request: SessionRequest): SocketOpening | undefined {
  const { method, upgrade } = fieldsOf(request);
  if (method !== undefined && upgrade !== true) return undefined;
  const { headers } = request;
  return { request, handshake: { headers, connectionParams: headers } };
}

/** A plain HTTP request may also carry an `Upgrade` header, e.g. for h2c. Callers first rule out requests with a response. */
const isHandshake = ({ headers, ...more }: SessionRequest): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && (fieldsOf(more)['method'] ?? 'GET') === 'GET';

/** Express has the response on the request, too; Fastify's reply has it as `raw`. */
function responseOf(graphql: Fields, given: object): object | undefined {
  const found = graphql['res'] ?? fieldsOf(graphql['reply'])['raw'] ?? fieldsOf(given)['res'];
  const response = fieldsOf(found)['raw'] ?? found;
  return isObject(response) ? response : undefined;
}

/** The origin for graphql-ws: `extra` has the socket and its request; tokens are in the connection's parameters. */
function ofConnection(connection: Fields, given: Fields): GraphqlOrigin {
  const { socket, request } = fieldsOf(connection['extra']);
  const opened = isObject(socket) ? socket : (request as object);
  return {
    kind: 'socket',
    connection: opened,
    socket: opened,
    // The own context of graphql-ws has parameters only if the client sent some.
    hasParameters: PARAMETERS in connection || 'connectionInitReceived' in connection,
    opening: () => {
      const opening = webSocketOpening(request as SessionRequest, connection[PARAMETERS]);
      const user = given['user'] ?? connection['user'];
      if (user === undefined) return opening;
      return {
        ...opening,
        request: Object.create(opening.request, { user: { value: user } }) as SessionRequest,
      };
    },
  };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const fieldsOf = (value: unknown): Fields => (isObject(value) ? (value as Fields) : {});

const isRequest = (value: unknown): value is SessionRequest =>
  isObject(value) && isObject((value as Partial<SessionRequest>).headers);
