import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { requestsOf } from '../sessions/read-handshake.js';
import { originOf, resolverArgumentsOf } from './graphql-request.js';

const contextOf = (graphql: unknown) =>
  ({ getArgs: () => [{}, {}, graphql, {}] }) as unknown as ExecutionContext;
const http = { headers: { cookie: 'sid=1' } };
const upgrade = { headers: { cookie: 'sid=1', upgrade: 'websocket' } };
const socket = { once: () => undefined };

function handshakeOf(graphql: unknown) {
  const origin = originOf(contextOf(graphql));
  if (origin.kind !== 'socket') throw new Error(origin.kind);
  const { handshake } = origin.opening();
  const [request] = requestsOf(origin.opening());
  return { socket: origin.socket, request: request as { headers: object; user?: unknown }, handshake };
}

describe('originOf', () => {
  it.each([
    ['Apollo’s', { req: http }],
    ['a context with another name', { request: http }],
    ['Mercurius’s', { reply: { request: http } }],
  ])('returns the HTTP request in the context: %s', (_whose, graphql) => {
    expect(originOf(contextOf(graphql))).toEqual({ kind: 'request', request: http });
  });

  it('returns the request for a reference resolver of a federated graph, which has no field arguments', () => {
    const info = {};
    const execution = { getArgs: () => [{}, { req: http }, info] } as unknown as ExecutionContext;
    expect(originOf(execution)).toEqual({ kind: 'request', request: http });
    expect(resolverArgumentsOf(execution).info).toBe(info);
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { req: null },
    { req: {} },
    { req: { headers: null } },
    { extra: {} },
  ])('returns unknown for the context %j', (graphql) => {
    expect(originOf(contextOf(graphql))).toEqual({ kind: 'unknown' });
  });

  it.each([
    ['as the context', { extra: { socket, request: upgrade } }],
    ['as its request', { req: { extra: { socket, request: upgrade } } }],
  ])('returns the socket of graphql-ws, given %s', (_how, graphql) => {
    expect(handshakeOf(graphql)).toMatchObject({ socket, request: upgrade });
  });

  it.each([
    [{ authorization: 'Bearer abc' }],
    [{ Authorization: 'Bearer abc' }],
    [{ headers: { authorization: 'bearer abc' } }],
    [{ headers: { Authorization: 'abc' } }],
    [{ token: 'abc' }],
  ])('reads the access token in the connection parameters %j', (connectionParams) => {
    const { request } = handshakeOf({ req: { extra: { socket, request: upgrade }, connectionParams } });
    expect(request.headers).toEqual({ ...upgrade.headers, authorization: 'Bearer abc' });
    expect(upgrade.headers).not.toHaveProperty('authorization');
  });

  it.each([[{}], [{ token: 7 }], [null], [undefined], ['abc']])(
    'finds no access token in the connection parameters %j',
    (connectionParams) => {
      const { request } = handshakeOf({ extra: { socket, request: upgrade }, connectionParams });
      expect(request.headers).toBe(upgrade.headers);
    },
  );

  it.each([
    [
      'beside the connection',
      { req: { extra: { socket, request: upgrade }, connectionParams: { any: 'abc' } } },
    ],
    ['beside a handshake without the connection', { req: upgrade, connectionParams: { any: 'abc' } }],
  ])('passes on all connection parameters, given %s', (_where, graphql) => {
    expect(handshakeOf(graphql).handshake).toMatchObject({
      headers: upgrade.headers,
      connectionParams: { any: 'abc' },
    });
  });

  it('passes on the user that a guard sets on the connection', () => {
    const connection = { extra: { socket, request: upgrade }, user: { id: 7 } };
    expect(handshakeOf({ req: connection }).request.user).toEqual({ id: 7 });
    expect(handshakeOf(connection).request.user).toEqual({ id: 7 });
  });

  it('returns the TCP socket if the context has only the handshake', () => {
    expect(handshakeOf({ req: { ...upgrade, socket } })).toMatchObject({ socket });
    expect(handshakeOf({ req: upgrade })).toMatchObject({ socket: upgrade, request: upgrade });
  });

  it('returns an HTTP request with an Upgrade header if Express has a response for it', () => {
    const request = { ...upgrade, res: {} };
    expect(originOf(contextOf({ req: request }))).toEqual({
      kind: 'request',
      request,
      response: request.res,
    });
  });

  it.each<[string, object]>([
    ['offers HTTP/2 in clear', { req: { headers: { upgrade: 'h2c' }, raw: {}, socket } }],
    ['posts', { req: { ...upgrade, method: 'POST', socket } }],
    ['has a reply', { req: { ...upgrade, method: 'GET', socket }, reply: { raw: {} } }],
  ])('returns an HTTP request with an Upgrade header on Fastify if it %s', (_what, graphql) => {
    expect(originOf(contextOf(graphql)).kind).toBe('request');
  });

  it('distinguishes connections over the same TCP socket', () => {
    const [first, second] = ['sid=1', 'sid=2'].map((cookie) => {
      const origin = originOf(contextOf({ req: { headers: { cookie, upgrade: 'WebSocket' }, socket } }));
      return origin.kind === 'socket' ? origin.connection : undefined;
    });
    expect(first).toBeDefined();
    expect(first).not.toBe(second);
  });
});
