import { afterEach, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { createHandler } from 'graphql-sse/lib/use/http';
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { bearerToken, requestUser } from 'nestjs-meveto-logout';
import { graphqlHost } from '../support/hosts/graphql-host.js';
import { EventStream } from '../support/live/event-stream.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import { staysTrue, until } from '../support/until.js';

/** Tokens of these tests: `<user id>.<signed in at>`. */
const tokens = bearerToken({
  verify: (token) => {
    const [userId = '', signedInAt] = token.split('.');
    return { userId, signedInAt: Number(signedInAt) };
  },
});

let host: GuardedHost;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  await host.end();
});

const start = (globalGuard = true) =>
  GuardedHost.start({
    extras: { globalGuard },
    options: { session: tokens, whenLoggedOut: { clearCookies: ['sid'] } },
    metadata: graphqlHost(globalGuard ? 'global' : 'of the resolver'),
  });

async function tokenOf(userId: number): Promise<string> {
  const { signedInAt } = await host.service.recordLogin(userId);
  return `${String(userId)}.${String(signedInAt)}`;
}

interface GraphqlAnswer {
  data?: unknown;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

async function ask(query: string, token: string) {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const answer = await host.request('POST', '/graphql', headers, { query });
  return { ...answer, body: JSON.parse(answer.text) as GraphqlAnswer };
}

/** One subscription, and how it ended. */
function subscribe(connectionParams: Record<string, unknown>, lazy = true) {
  const received: unknown[] = [];
  let closed: number | undefined;
  let connections = 0;
  const client = createClient({
    url: `${host.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    // Options that a client has by default.
    retryAttempts: 5,
    lazy,
    onNonLazyError: () => undefined,
    on: {
      connected: () => (connections += 1),
      closed: (event) => (closed = (event as { code: number }).code),
    },
  });
  clients.push(client);
  const ended = new Promise<unknown>((resolve) => {
    client.subscribe(
      { query: 'subscription { ticked }' },
      { next: (value) => received.push(value), error: resolve, complete: () => resolve('complete') },
    );
  });
  return { received, ended, closeCode: () => closed, connections: () => connections };
}

const SECOND = 1_000;

describe.each([
  ['global', true],
  ['of a resolver', false],
])('a GraphQL API behind the guard, %s', (_where, globalGuard) => {
  it.each([
    ['query', '{ note }', { note: 'a note' }],
    ['mutation', 'mutation { write(text: "hello") }', { write: 'hello' }],
  ])('refuses a %s of a session that is over by an error only', async (_kind, query, data) => {
    host = await start(globalGuard);
    const before = await tokenOf(7);
    expect((await ask(query, before)).body).toEqual({ data });
    await host.logOut(7);
    const refused = await ask(query, before);
    expect(refused.body.errors).toEqual([
      expect.objectContaining({
        extensions: expect.objectContaining({
          code: 'UNAUTHENTICATED',
          originalError: expect.objectContaining({ statusCode: 401, reason: 'logged-out' }),
        }),
      }),
    ]);
    for (const name of ['location', 'set-cookie', 'www-authenticate'])
      expect(refused.headers).not.toHaveProperty(name);
    expect((await ask(query, await tokenOf(7))).body).toEqual({ data });
  });
});

describe('a GraphQL API whose resolvers have a guard that sets the user', () => {
  it.each([
    ['{ note }', { note: 'a note' }],
    ['mutation { write(text: "hello") }', { write: 'hello' }],
  ])('refuses %s of a session that is over', async (query, data) => {
    host = await GuardedHost.start({
      options: { session: requestUser() },
      metadata: graphqlHost('late'),
    });
    const before = await tokenOf(7);
    expect((await ask(query, before)).body).toEqual({ data });
    await host.logOut(7);
    expect((await ask(query, before)).body.errors).toEqual([
      expect.objectContaining({
        extensions: expect.objectContaining({
          code: 'UNAUTHENTICATED',
          originalError: expect.objectContaining({ reason: 'logged-out' }),
        }),
      }),
    ]);
    expect((await ask(query, await tokenOf(7))).body).toEqual({ data });
    expect((await ask(query, await tokenOf(8))).body).toEqual({ data });
  });
});

describe('a GraphQL subscription', () => {
  it('ends when its session is over, while those of other users and later sessions go on', async () => {
    host = await start();
    const mine = subscribe({ authorization: `Bearer ${await tokenOf(7)}` });
    const others = subscribe({ token: await tokenOf(8) });
    await until('both flow', () => mine.received.length > 0 && others.received.length > 0);
    await host.logOut(7);
    expect(await mine.ended).toMatchObject({ code: 4401 });
    const later = subscribe({ headers: { Authorization: `Bearer ${await tokenOf(7)}` } });
    await until('the later one flows', () => later.received.length > 0);
    await host.logOut(9);
    const areOpen = () => others.closeCode() === undefined && later.closeCode() === undefined;
    await staysTrue('the others are open', SECOND / 5, areOpen);
    expect(mine.connections()).toBe(1);
  });

  it('does not start with a session that is over', async () => {
    host = await start();
    const token = await tokenOf(7);
    await host.logOut(7);
    const refused = subscribe({ authorization: `Bearer ${token}` });
    expect(await refused.ended).toBe('complete');
    expect(refused.received).toEqual([
      { errors: [expect.objectContaining({ message: expect.stringContaining('You were logged out') })] },
    ]);
  });

  it('closes its socket when it is refused, even if the client would keep the socket', async () => {
    host = await start();
    const token = await tokenOf(7);
    await host.logOut(7);
    const refused = subscribe({ authorization: `Bearer ${token}` }, false);
    await until('the socket is closed', () => refused.closeCode() !== undefined);
    expect(refused.closeCode()).toBe(4401);
    expect(refused.received).toEqual([
      { errors: [expect.objectContaining({ message: expect.stringContaining('You were logged out') })] },
    ]);
    await staysTrue('the client stays away', SECOND / 5, () => refused.connections() === 1);
  });
});

describe('a GraphQL subscription over HTTP, by server-sent events', () => {
  async function startSse(hasResponse: boolean): Promise<void> {
    host = await GuardedHost.start({
      // Express has the response on the request, too.
      ...(!hasResponse && { adapter: 'fastify' }),
      options: { session: tokens },
      metadata: graphqlHost(),
      prepare: (app) => {
        const serve = createHandler<{ res: object }>({
          schema: () => app.get(GraphQLSchemaHost).schema,
          context: ({ raw, context: { res } }) => ({ req: raw, ...(hasResponse && { res }) }) as never,
        });
        app.use('/graphql-sse', serve);
      },
    });
  }
  const open = (token?: string) =>
    new EventStream(
      `${host.url}/graphql-sse`,
      token === undefined ? {} : { authorization: `Bearer ${token}` },
      { query: 'subscription { ticked }' },
    );

  it('is closed when its session is over, while those of other users and later sessions go on', async () => {
    await startSse(true);
    const token = await tokenOf(7);
    const mine = await open(token).flowing();
    const others = [await open(await tokenOf(8)).flowing(), await open().flowing()];
    await host.logOut(7);
    await until('the stream has ended', () => !mine.isOpen);
    const later = await open(await tokenOf(7)).flowing();
    const again = await open(token).flowing();
    expect(again.text).toContain('You were logged out');
    await host.logOut(9);
    const areOpen = () => [...others, later].every(({ isOpen }) => isOpen);
    await staysTrue('the others are open', SECOND / 5, areOpen);
  });

  it('is checked only at its start if the context has no response', async () => {
    await startSse(false);
    const token = await tokenOf(7);
    const mine = await open(token).flowing();
    await host.logOut(7);
    expect((await open(token).flowing()).text).toContain('You were logged out');
    expect(mine.isOpen).toBe(true);
  });
});
