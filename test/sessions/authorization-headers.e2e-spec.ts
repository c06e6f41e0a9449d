import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type INestApplication, Inject, Logger } from '@nestjs/common';
import { GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import { WsAdapter } from '@nestjs/platform-ws';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import { jwtSession, MevetoLogoutSockets } from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import WebSocket from 'ws';
import { graphqlHost } from '../support/hosts/graphql-host.js';
import { jwtService, tokenOf } from '../support/hosts/token-host.js';
import { GuardedHost, type GuardedHostOptions } from '../support/hosts/guarded-host.js';
import { until } from '../support/until.js';

const NINE = 'Bearer a b c d e f g h i';
/** Nothing listens there. */
const PUSHER = { appId: '1', key: 'k', secret: 's', host: '127.0.0.1', port: 9, useTLS: false };

let host: GuardedHost;
afterEach(() => host.end());
const start = (more: Omit<GuardedHostOptions, 'options'>) =>
  GuardedHost.start({ options: { session: jwtSession({ jwtService }) }, ...more });
/** A token of user 7 from before a logout, one from after it, and one of user 8. */
async function threeTokens() {
  const [old, other] = [await tokenOf(host.service, 7), await tokenOf(host.service, 8)];
  await host.logOut(7);
  return { old, other, now: await tokenOf(host.service, 7) };
}

describe.each(['express', 'fastify'] as const)('the values of the Authorization header on %s', (adapter) => {
  it('are checked for GraphQL as for any request', async () => {
    host = await start({ adapter, metadata: graphqlHost() });
    const { old, other, now } = await threeTokens();
    const reasonOf = async (authorization: string) => {
      const { text } = await host.request('POST', '/graphql', { authorization }, { query: '{ note }' });
      const { errors } = JSON.parse(text) as {
        errors?: { extensions: { code: string; originalError: { reason: string } } }[];
      };
      return errors?.map(({ extensions }) => [extensions.code, extensions.originalError.reason]);
    };
    for (const authorization of [old, `x ${old}`, `Bearer_${old}`, `JWT ${old}`, `Bearer ${other} ${old}`])
      expect(await reasonOf(authorization)).toEqual([['UNAUTHENTICATED', 'logged-out']]);
    expect(await reasonOf(NINE)).toEqual([['UNAUTHENTICATED', 'invalid-token']]);
    for (const authorization of [`Bearer ${old} ${now}`, `JWT ${now}`])
      expect(await reasonOf(authorization)).toBeUndefined();
  });

  it('are checked at Pusher’s route, where the latest token of each user counts', async () => {
    host = await start({ adapter, metadata: {}, extras: { livePush: pusher(PUSHER) } });
    const { old, other, now } = await threeTokens();
    const ask = async (authorization: string, method = 'GET') => {
      const body = method === 'POST' ? { socket_id: '1.1', channel_name: 'x' } : undefined;
      const answer = await host.request(method, '/meveto/pusher', { authorization }, body);
      const { reason, channels } = JSON.parse(answer.text) as { reason?: string; channels?: unknown[] };
      return { status: answer.status, reason, count: channels?.length };
    };
    for (const method of ['GET', 'POST'])
      expect(await ask(NINE, method)).toMatchObject({ status: 401, reason: 'invalid-token' });
    for (const authorization of [`x ${old}`, `${other} ${old}`])
      expect(await ask(authorization)).toMatchObject({ status: 401, reason: 'logged-out' });
    expect(await ask(`${now} ${old}`)).toMatchObject({ status: 200, count: 1 });
    expect(await ask(`${other} ${now}`)).toMatchObject({ status: 200, count: 2 });
  });
});

@WebSocketGateway({ path: '/talk' })
class AdmittingGateway implements OnGatewayConnection {
  readonly #sockets: MevetoLogoutSockets;

  constructor(@Inject(MevetoLogoutSockets) sockets: MevetoLogoutSockets) {
    this.#sockets = sockets;
  }

  async handleConnection(socket: WebSocket, request: IncomingMessage): Promise<void> {
    if (await this.#sockets.admit(socket, request)) socket.send('admitted');
  }
}

it('a socket that a gateway passes to admit() is checked by every token of its handshake', async () => {
  host = await start({
    metadata: { providers: [AdmittingGateway] },
    extras: { livePush: false },
    prepare: (app: INestApplication) => app.useWebSocketAdapter(new WsAdapter(app)),
  });
  const { old, now } = await threeTokens();
  const connect = (query: string, authorization?: string) =>
    new Promise<string>((resolve) => {
      const headers = authorization === undefined ? {} : { authorization };
      const socket = new WebSocket(`${host.url.replace('http', 'ws')}/talk${query}`, { headers });
      socket.on('message', (data: Buffer) => {
        resolve(data.toString());
        socket.close();
      });
      socket.on('close', (code, reason) => {
        resolve(`${String(code)} ${reason.toString()}`);
      });
    });
  for (const query of [`?token=${old}`, `?TOKEN=${old}`, `?token=x&token=${old}`])
    expect(await connect(query)).toBe('4401 logged-out');
  expect(await connect('?token=x', `Bearer ${old}`)).toBe('4401 logged-out');
  expect(await connect(`?token=${now}`, `Bearer ${old}`)).toBe('admitted');
  expect(await connect('?token=a+b+c+d+e+f+g+h+i')).toBe('4401 invalid-token');
  expect(await connect('', 'Hawk a b c d e f g h i')).toBe('4401 invalid-token');
});

async function* ticks(): AsyncGenerator<{ ticked: string }> {
  yield { ticked: 'first' };
  await new Promise(() => undefined);
}

@Resolver()
class TicksResolver {
  @Query('note')
  note(): string {
    return 'a note';
  }

  @Subscription('ticked')
  ticked() {
    return ticks();
  }
}

describe('a context function of GraphQL', () => {
  type Context = Readonly<Record<string, unknown>>;
  const startWith = (context: (given: Context) => Context) => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      typeDefs: 'type Query { note: String! } type Subscription { ticked: String! }',
      graphiql: false,
      subscriptions: { 'graphql-ws': true },
      context,
    });
    return start({ metadata: { imports: [graphql], providers: [TicksResolver] } });
  };
  const subscribe = async (connectionParams: Record<string, unknown>): Promise<string> => {
    const received: unknown[] = [];
    const client = createClient({
      url: `${host.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
    });
    const receive = (value: unknown): void => void received.push(value);
    client.subscribe(
      { query: 'subscription { ticked }' },
      { next: receive, error: receive, complete: () => undefined },
    );
    await until('it is answered', () => received.length > 0);
    await client.dispose();
    return JSON.stringify(received[0]);
  };
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const warned = () =>
    warn.mock.calls.filter(([text]) => String(text).includes('Put connectionParams and extra'));

  it.each<[string, (token: string) => Record<string, unknown>]>([
    ['another case', (token) => ({ authorization: 'x', Authorization: `Bearer ${token}` })],
    ['lower case', (token) => ({ authorization: `Bearer ${token}` })],
    ['the token', (token) => ({ token })],
  ])('may build the request from the parameters: %s', async (_what, parametersOf) => {
    warn.mockClear();
    host = await startWith(({ req, connectionParams }) => ({
      req: connectionParams === undefined ? req : { headers: connectionParams },
    }));
    const { old, now } = await threeTokens();
    expect(await subscribe(parametersOf(old))).toContain('You were logged out');
    for (let times = 0; times < 2; times += 1) expect(await subscribe(parametersOf(now))).toContain('first');
    expect(warned()).toHaveLength(1);
  });

  it('causes one warning if it leaves the parameters out', async () => {
    warn.mockClear();
    host = await startWith(({ req, extra }) => ({ req: (extra as Context | undefined)?.['request'] ?? req }));
    const { old } = await threeTokens();
    for (let times = 0; times < 2; times += 1) expect(await subscribe({ token: old })).toContain('first');
    expect(warned()).toHaveLength(1);
  });
});
