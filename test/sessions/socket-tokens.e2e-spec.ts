import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import WebSocket from 'ws';
import { jwtSession, type SessionReader, socketIo, type TokenSource } from 'nestjs-meveto-logout';
import { graphqlHost } from '../support/hosts/graphql-host.js';
import { GatedTalkGateway } from '../support/hosts/talk-gateways.js';
import { HeaderReader, jwtService, tokenOf } from '../support/hosts/token-host.js';
import { ChatGateway } from '../support/hosts/chat-gateways.js';
import { type HttpAdapterKind } from '../support/hosts/http-adapters.js';
import { GuardedHost, type GuardedHostOptions } from '../support/hosts/guarded-host.js';
import { until } from '../support/until.js';

type Handshake = Partial<Pick<SocketOptions, 'auth'> & Pick<ManagerOptions, 'extraHeaders' | 'query'>>;

/** Handshakes whose token an application may accept, each in a different place. */
const HANDSHAKES: readonly (readonly [string, (token: string) => Handshake])[] = [
  ['the header beside another token', (token) => ({ ...bearer(token), auth: { token: 'x' } })],
  ['the header beside an empty token', (token) => ({ ...bearer(token), auth: { token: '' } })],
  ['the header beside a token that is no text', (token) => ({ ...bearer(token), auth: { token: [7] } })],
  ['a tab', (token) => ({ auth: { token: `Bearer\t${token}` } })],
  ['a space before it', (token) => ({ auth: { token: ` Bearer ${token}` } })],
  ['another word before it', (token) => ({ auth: { token: `x ${token}` } })],
  ['a list', (token) => ({ auth: { token: ['x', token] } })],
  ['lists in lists', (token) => ({ auth: { token: [['x', [token]]] } })],
  ['the scheme within', (token) => ({ auth: { token: `${token.slice(0, 9)}Bearer  ${token.slice(9)}` } })],
  ['quotes', (token) => ({ auth: { token: `Bearer a.b.c="${token}"` } })],
  ['auth.authorization', (token) => ({ auth: { token: 'x', authorization: `Bearer ${token}` } })],
  ['another case', (token) => ({ auth: { Authorization: `JWT ${token}` } })],
  ['query.token', (token) => ({ auth: { token: 'x' }, query: { token } })],
];
const bearer = (token: string) => ({ extraHeaders: { authorization: `Bearer ${token}` } });

/** The part of the answer that these tests read. */
const reasonOf = (data: unknown): unknown => {
  const { code, reason } = data as { code?: unknown; reason?: unknown };
  return code ?? reason;
};

let host: GuardedHost;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await host.end();
});

const verify = jest.fn((token: string) => jwtService.verify<object>(token));

const start = (adapter: HttpAdapterKind, options: Partial<GuardedHostOptions> = {}) =>
  GuardedHost.start({
    adapter,
    options: { session: jwtSession({ jwtService: { verify } }) },
    metadata: { providers: [ChatGateway, GatedTalkGateway] },
    extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
    ...options,
  });

class EventRecorder {
  readonly events: [event: string, data: unknown][] = [];
  readonly socket: Socket;
  constructor(namespace: string, handshake: Handshake) {
    this.socket = io(host.url + namespace, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...handshake,
    });
    this.socket.onAny((event: string, data: unknown) => this.events.push([event, data]));
    this.socket.on('connect', () => this.events.push(['connect', undefined]));
    this.socket.on('disconnect', (why) => this.events.push(['disconnect', why]));
    this.socket.on('connect_error', (error) =>
      this.events.push(['connect_error', (error as { data?: unknown }).data]),
    );
    closing.push(() => this.socket.close());
  }

  async next(event: string): Promise<unknown> {
    await until(`'${event}' is received`, () => this.events.some(([name]) => name === event));
    return this.events.find(([name]) => name === event)?.[1];
  }
}

describe.each(['express', 'fastify'] as const)('a Socket.IO handshake on %s', (adapter) => {
  it.each(HANDSHAKES)('is checked by the token in %s', async (_where, handshakeOf) => {
    host = await start(adapter);
    const handshake = handshakeOf(await tokenOf(host.service, 7));
    const open = new Map(
      ['/meveto-logout', '/chat', '/talk'].map((name) => [name, new EventRecorder(name, handshake)]),
    );
    for (const socket of open.values()) await socket.next('connect');
    await host.logOut(7);
    for (const name of ['/meveto-logout', '/chat']) {
      expect(await open.get(name)?.next('logged-out')).toMatchObject({ reason: 'logged-out' });
      await open.get(name)?.next('disconnect');
    }
    open.get('/talk')?.socket.emit('say', 'hello');
    expect(reasonOf(await open.get('/talk')?.next('exception'))).toBe('logged-out');
    await open.get('/talk')?.next('disconnect');
    for (const name of ['/chat', '/talk'])
      expect(reasonOf(await new EventRecorder(name, handshake).next('connect_error'))).toBe('logged-out');
    const notice = new EventRecorder('/meveto-logout', handshake);
    expect(await notice.next('logged-out')).toMatchObject({ reason: 'logged-out' });
  });

  it('passes with an old token beside a later one of the same user, and is refused beside one of another user', async () => {
    host = await start(adapter);
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const [now, other] = [await tokenOf(host.service, 7), await tokenOf(host.service, 8)];
    for (const name of ['/meveto-logout', '/chat', '/talk']) {
      const socket = new EventRecorder(name, { auth: { token: now }, query: { token: old } });
      await socket.next('connect');
      if (name === '/talk') {
        socket.socket.emit('say', 'hello');
        await socket.next('said');
      }
    }
    for (const name of ['/chat', '/talk']) {
      const refused = new EventRecorder(name, { auth: { token: other }, query: { token: old } });
      expect(reasonOf(await refused.next('connect_error'))).toBe('logged-out');
    }
  });

  it.each<[string, (token: string) => Handshake]>([
    ['junk of 12 KiB', () => ({ auth: { token: 'Bearer ' + 'a.b.c'.repeat(2_458) } })],
    [
      'nine tokens',
      (token) => ({ auth: { token: `a.b.1 a.b.2 a.b.3 a.b.4 a.b.5 a.b.6 a.b.7 a.b.8 ${token}` } }),
    ],
    [
      'nine texts',
      (token) => ({ auth: { token: [...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `Basic ${String(n)}`), token] } }),
    ],
    ['lists that are too deep', (token) => ({ auth: { token: [[[[[[[[[[token]]]]]]]]]] } })],
    ['a scheme that is not known', (token) => ({ auth: { token: `Hawk a b c d e f g h ${token}` } })],
    ['much white space', (token) => ({ auth: { token: `Bearer${' '.repeat(9_000)}${token}` } })],
  ])('is refused beyond the limits, after 8 verifications at most: %s', async (_what, handshakeOf) => {
    host = await start(adapter);
    const handshake = handshakeOf(await tokenOf(host.service, 7));
    for (const name of ['/meveto-logout', '/chat', '/talk']) {
      verify.mockClear();
      const refused = await new EventRecorder(name, handshake).next('connect_error');
      expect(reasonOf(refused)).toBe('invalid-token');
      expect(verify.mock.calls.length).toBeLessThanOrEqual(8);
    }
  });

  it('is checked only by the token that the application names', async () => {
    const token = jest.fn((source: TokenSource) => source.auth?.['ticket'] as string | undefined);
    host = await start(adapter, { options: { session: jwtSession({ jwtService, token }) } });
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const now = await tokenOf(host.service, 7);
    for (const name of ['/meveto-logout', '/chat', '/talk'])
      await new EventRecorder(name, { auth: { token: old, ticket: now }, ...bearer(old) }).next('connect');
    for (const name of ['/chat', '/talk']) {
      const refused = new EventRecorder(name, { auth: { token: now, ticket: old } });
      expect(reasonOf(await refused.next('connect_error'))).toBe('logged-out');
    }
    expect(token.mock.calls.every(([source]) => 'address' in source && 'headers' in source)).toBe(true);
  });
});

/** Connection parameters whose token an application may accept. */
const PARAMETERS: readonly (readonly [string, (token: string) => Record<string, unknown>])[] = [
  ['another case of the name', (token) => ({ authorization: 'x', Authorization: `Bearer ${token}` })],
  ['the token beside the header', (token) => ({ authorization: 'x', token })],
  ['the headers', (token) => ({ token: 'x', headers: { AUTHORIZATION: `Bearer ${token}` } })],
  ['a list', (token) => ({ token: ['x', token] })],
  ['another form', (token) => ({ token: `x ${token}` })],
];

describe.each(['express', 'fastify'] as const)('a connection of graphql-ws on %s', (adapter) => {
  const startGraphql = (session: SessionReader = jwtSession({ jwtService: { verify } })) =>
    start(adapter, { options: { session }, metadata: graphqlHost() });

  function subscribe(
    connectionParams: Record<string, unknown>,
    headers: Record<string, string> = {},
    query = '',
  ) {
    const received: unknown[] = [];
    let closed: { code: number; reason: string } | undefined;
    class SocketWithHeaders extends WebSocket {
      constructor(url: string, protocols: string | string[]) {
        super(url, protocols, { headers });
      }
    }
    const client = createClient({
      url: `${host.url.replace('http', 'ws')}/graphql${query}`,
      webSocketImpl: SocketWithHeaders,
      connectionParams,
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => undefined,
      on: { closed: (event) => (closed = event as { code: number; reason: string }) },
    });
    closing.push(() => client.dispose());
    client.subscribe(
      { query: 'subscription { ticked }' },
      { next: (value) => received.push(value), error: () => undefined, complete: () => undefined },
    );
    const ticked = () => until('it ticks', () => JSON.stringify(received).includes('first'));
    const ended = async () => {
      await until('the socket is closed', () => closed !== undefined);
      return { code: closed?.code, reason: closed?.reason };
    };
    return { ticked, ended };
  }
  const OVER = { code: 4401, reason: 'logged-out' };

  it.each<[string, (token: string) => Parameters<typeof subscribe>]>([
    ...PARAMETERS.map(([where, parametersOf]) => {
      const given = (token: string): Parameters<typeof subscribe> => [parametersOf(token)];
      return [where, given] as [string, typeof given];
    }),
    ['the header of the upgrade', (token) => [{ authorization: 'x' }, { authorization: `Bearer ${token}` }]],
    ['the query of the upgrade', (token) => [{ authorization: 'x' }, {}, `?token=${token}`]],
  ])('is checked by the token in %s', async (_where, given) => {
    host = await startGraphql();
    const old = await tokenOf(host.service, 7);
    const open = subscribe(...given(old));
    await open.ticked();
    await host.logOut(7);
    expect(await open.ended()).toEqual(OVER);
    expect(await subscribe(...given(old)).ended()).toEqual(OVER);
    await subscribe(...given(await tokenOf(host.service, 7))).ticked();
  });

  it('passes with an old token beside a later one of the same user, and is refused beside one of another user', async () => {
    host = await startGraphql();
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const [now, other] = [await tokenOf(host.service, 7), await tokenOf(host.service, 8)];
    await subscribe({ authorization: now, token: old }).ticked();
    expect(await subscribe({ authorization: other, token: old }).ended()).toEqual(OVER);
  });

  it.each(PARAMETERS.slice(0, 4))(
    'is checked by a reader of the application: %s',
    async (_where, parametersOf) => {
      host = await startGraphql(new HeaderReader());
      const old = await tokenOf(host.service, 7);
      await host.logOut(7);
      expect(await subscribe(parametersOf(old)).ended()).toEqual(OVER);
      await subscribe(parametersOf(await tokenOf(host.service, 7))).ticked();
    },
  );

  it('is closed beyond the limits with the reason', async () => {
    host = await startGraphql();
    const old = await tokenOf(host.service, 7);
    for (const token of ['a'.repeat(12_288), `a b c d e f g h ${old}`])
      expect(await subscribe({ token }).ended()).toEqual({ code: 4401, reason: 'invalid-token' });
  });

  it('is checked only by the token that the application names', async () => {
    const named = ({ connectionParams }: TokenSource) => connectionParams?.['ticket'] as string | undefined;
    host = await startGraphql(jwtSession({ jwtService, token: named }));
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    await subscribe({ ticket: await tokenOf(host.service, 7), token: old }).ticked();
    expect(await subscribe({ ticket: old }).ended()).toEqual(OVER);
  });
});
