import type { ExecutionContext } from '@nestjs/common';
import { withAccessToken } from '../session/handshake-request.js';
import type { SessionRequest } from '../session/session-reader.port.js';

/** Where a GraphQL operation came from. */
export type GraphqlOrigin =
  | {
      readonly kind: 'request';
      readonly request: SessionRequest;
      /** That of the HTTP server, where the context has it. */
      readonly response: object | undefined;
    }
  | {
      readonly kind: 'socket';
      /** What stands for this connection, and for no other. */
      readonly connection: object;
      readonly socket: object;
      readonly handshake: () => SessionRequest;
    }
  | { readonly kind: 'unknown' };

type Fields = Readonly<Record<string, unknown>>;

/** A resolver of references, in a federated graph, is called without arguments of a field: with three instead of four. */
export function resolverArgumentsOf(execution: ExecutionContext): {
  readonly context: unknown;
  readonly info: unknown;
} {
  const given = execution.getArgs<unknown[]>();
  const [context, info] = given.length === 3 ? given.slice(1) : given.slice(2);
  return { context, info };
}

/** Whether what is asked for goes on after it has begun. */
export const isSubscription = (execution: ExecutionContext): boolean =>
  kindOf(resolverArgumentsOf(execution).info) === 'subscription';

/** The name of the mutation that is asked for, if it is one. */
export function mutationOf(execution: ExecutionContext): string | undefined {
  const { info } = resolverArgumentsOf(execution);
  const { fieldName } = fieldsOf(info);
  return kindOf(info) === 'mutation' && typeof fieldName === 'string' ? fieldName : undefined;
}

const kindOf = (info: unknown): unknown => fieldsOf(fieldsOf(info)['operation'])['operation'];

/**
 * Finds the request of a GraphQL operation in its context, as Apollo, Mercurius and graphql-ws build it: the HTTP request,
 * or for what comes over a WebSocket the one that opened it.
 */
export function originOf(context: ExecutionContext): GraphqlOrigin {
  const graphql = fieldsOf(resolverArgumentsOf(context).context);
  const given = fieldsOf(graphql['req'] ?? graphql['request'] ?? fieldsOf(graphql['reply'])['request']);
  const connection = [graphql, given].find((fields) => isRequest(fieldsOf(fields['extra'])['request']));
  if (connection !== undefined) return ofConnection(connection, given);
  if (!isRequest(given)) return { kind: 'unknown' };
  const response = responseOf(graphql, given);
  if (response !== undefined || !isHandshake(given)) return { kind: 'request', request: given, response };
  // The application's context function has kept the request of the handshake alone. Its socket may have carried other
  // requests, of other people: only the request tells whose it is.
  const socket = fieldsOf(given)['socket'];
  return {
    kind: 'socket',
    connection: given,
    socket: isObject(socket) ? socket : given,
    handshake: () => given,
  };
}

/** HTTP requests may offer other protocols, as HTTP/2 in clear; and this one, where there is a response to answer them with. */
const isHandshake = ({ headers, ...more }: SessionRequest): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && (fieldsOf(more)['method'] ?? 'GET') === 'GET';

/** Express has it on the request as well; Fastify's reply has it as `raw`. */
function responseOf(graphql: Fields, given: object): object | undefined {
  const found = graphql['res'] ?? fieldsOf(graphql['reply'])['raw'] ?? fieldsOf(given)['res'];
  const response = fieldsOf(found)['raw'] ?? found;
  return isObject(response) ? response : undefined;
}

/** Of graphql-ws: `extra` has the socket and its request; a token comes with the parameters of the connection. */
function ofConnection(connection: Fields, given: Fields): GraphqlOrigin {
  const { socket, request } = fieldsOf(connection['extra']);
  const opened = isObject(socket) ? socket : (request as object);
  return {
    kind: 'socket',
    connection: opened,
    socket: opened,
    handshake: () => {
      const withToken = withAccessToken(request as SessionRequest, tokenOf(connection['connectionParams']));
      const user = given['user'] ?? connection['user'];
      return user === undefined ? withToken : (Object.create(withToken, { user: { value: user } }) as never);
    },
  };
}

function tokenOf(parameters: unknown): unknown {
  const fields = fieldsOf(parameters);
  const headers = fieldsOf(fields['headers']);
  return (
    fields['authorization'] ??
    fields['Authorization'] ??
    headers['authorization'] ??
    headers['Authorization'] ??
    fields['token']
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const fieldsOf = (value: unknown): Fields => (isObject(value) ? (value as Fields) : {});

const isRequest = (value: unknown): value is SessionRequest =>
  isObject(value) && isObject((value as Partial<SessionRequest>).headers);
