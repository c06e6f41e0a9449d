import { afterEach, describe, expect, it } from '@jest/globals';
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import {
  jwtSession,
  requestUser,
  type SessionReader,
  type SessionRequest,
  socketIo,
} from 'nestjs-meveto-logout';
import { GatedTalkGateway } from '../support/hosts/talk-gateways.js';
import { claimsOf, HeaderReader, jwtService, tokenOf } from '../support/hosts/token-host.js';
import { ChatGateway } from '../support/hosts/chat-gateways.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import type { HttpAdapterKind } from '../support/hosts/http-adapters.js';

type Handshake = Partial<Pick<SocketOptions, 'auth'> & Pick<ManagerOptions, 'extraHeaders' | 'query'>>;

let host: GuardedHost;
afterEach(() => host.end());
const start = (adapter: HttpAdapterKind, session: SessionReader) =>
  GuardedHost.start({
    adapter,
    options: { session },
    metadata: { providers: [ChatGateway, GatedTalkGateway] },
    extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
  });

/** The outcome: 'connected', or the reason of the refusal. */
const connect = (namespace: string, handshake: Handshake) =>
  new Promise<unknown>((resolve) => {
    const options = { transports: ['websocket'], forceNew: true, reconnection: false, ...handshake };
    const socket = io(host.url + namespace, options);
    const end = (result: unknown): void => {
      resolve(result);
      socket.close();
    };
    socket.on('connect', () => {
      end('connected');
    });
    socket.on('connect_error', (error) => {
      end((error as { data?: { reason?: unknown } }).data?.reason);
    });
  });

const setUser = (
  request: SessionRequest & { user?: unknown },
  _response: unknown,
  next: () => void,
): void => {
  request.user = claimsOf(request);
  next();
};
const READERS: readonly (readonly [string, () => SessionReader])[] = [
  ['requestUser() with a middleware', () => requestUser({ handshake: [setUser] })],
  ['a reader of the application', () => new HeaderReader()],
];

describe.each(['express', 'fastify'] as const)('a handshake that is read by its header on %s', (adapter) => {
  it.each(READERS)('is checked by every token that it carries: %s', async (_what, readerOf) => {
    host = await start(adapter, readerOf());
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const now = await tokenOf(host.service, 7);
    const extraHeaders = { authorization: `Bearer ${old}` };
    for (const name of ['/chat', '/talk']) {
      for (const handshake of [
        { extraHeaders, auth: { token: 'x' } },
        { extraHeaders, query: { token: 'x' } },
        { auth: { token: 'x' }, query: { token: old } },
        { auth: { token: 'x', authorization: `Bearer ${old}` } },
      ])
        expect(await connect(name, handshake)).toBe('logged-out');
      const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', old];
      expect(await connect(name, { auth: { token: many } })).toBe('invalid-token');
      expect(await connect(name, { auth: { token: now }, query: { token: old } })).toBe('connected');
    }
  });

  it('counts as a handshake with a session in every namespace', async () => {
    host = await start(adapter, jwtSession({ jwtService }));
    const token = await tokenOf(host.service, 7);
    let before = 0;
    for (const name of ['/meveto-logout', '/chat', '/talk']) {
      expect(await connect(name, { auth: { token } })).toBe('connected');
      const { guard_sessions_read: count } = (await host.service.status()).counters;
      expect(count).toBeGreaterThan(before);
      before = count;
    }
  });
});
