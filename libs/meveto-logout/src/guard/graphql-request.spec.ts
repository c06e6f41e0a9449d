import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { originOf, resolverArgumentsOf } from './graphql-request.js';

const contextOf = (graphql: unknown) =>
  ({ getArgs: () => [{}, {}, graphql, {}] }) as unknown as ExecutionContext;
const http = { headers: { cookie: 'sid=1' } };
const upgrade = { headers: { cookie: 'sid=1', upgrade: 'websocket' } };
const socket = { once: () => undefined };

function handshakeOf(graphql: unknown) {
  const origin = originOf(contextOf(graphql));
  if (origin.kind !== 'socket') throw new Error(origin.kind);
  return { socket: origin.socket, request: origin.handshake() as { headers: object; user?: unknown } };
}

describe('the origin of a GraphQL operation', () => {
  it.each([
    ['Apollo’s', { req: http }],
    ['one that names it otherwise', { request: http }],
    ['Mercurius’s', { reply: { request: http } }],
  ])('is the HTTP request in the context: %s', (_whose, graphql) => {
    expect(originOf(contextOf(graphql))).toEqual({ kind: 'request', request: http });
  });

  it('is the same where a reference of a federated graph is resolved, which has no arguments', () => {
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
  ])('is unknown: %j', (graphql) => {
    expect(originOf(contextOf(graphql))).toEqual({ kind: 'unknown' });
  });

  it.each([
    ['as the context', { extra: { socket, request: upgrade } }],
    ['as its request', { req: { extra: { socket, request: upgrade } } }],
  ])('is the socket of graphql-ws, given %s', (_how, graphql) => {
    expect(handshakeOf(graphql)).toEqual({ socket, request: upgrade });
  });

  it.each([
    [{ authorization: 'Bearer abc' }],
    [{ Authorization: 'Bearer abc' }],
    [{ headers: { authorization: 'bearer abc' } }],
    [{ headers: { Authorization: 'abc' } }],
    [{ token: 'abc' }],
  ])('has the access token that came with the connection: %j', (connectionParams) => {
    const { request } = handshakeOf({ req: { extra: { socket, request: upgrade }, connectionParams } });
    expect(request.headers).toEqual({ ...upgrade.headers, authorization: 'Bearer abc' });
    expect(upgrade.headers).not.toHaveProperty('authorization');
  });

  it.each([[{}], [{ token: 7 }], [null], [undefined], ['abc']])('has none of %j', (connectionParams) => {
    const { request } = handshakeOf({ extra: { socket, request: upgrade }, connectionParams });
    expect(request.headers).toBe(upgrade.headers);
  });

  it('has the user that a guard has put on the connection', () => {
    const connection = { extra: { socket, request: upgrade }, user: { id: 7 } };
    expect(handshakeOf({ req: connection }).request.user).toEqual({ id: 7 });
    expect(handshakeOf(connection).request.user).toEqual({ id: 7 });
  });

  it('is the socket of the operating system’s where the context has the handshake alone', () => {
    expect(handshakeOf({ req: { ...upgrade, socket } })).toMatchObject({ socket });
    expect(handshakeOf({ req: upgrade })).toEqual({ socket: upgrade, request: upgrade });
  });

  it('is an HTTP request that carries the header of a handshake, where Express answers it', () => {
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
  ])('is an HTTP request that carries such a header on Fastify, and %s', (_what, graphql) => {
    expect(originOf(contextOf(graphql)).kind).toBe('request');
  });

  it('is told apart from others that came over the same socket of the operating system', () => {
    const [first, second] = ['sid=1', 'sid=2'].map((cookie) => {
      const origin = originOf(contextOf({ req: { headers: { cookie, upgrade: 'WebSocket' }, socket } }));
      return origin.kind === 'socket' ? origin.connection : undefined;
    });
    expect(first).toBeDefined();
    expect(first).not.toBe(second);
  });
});
