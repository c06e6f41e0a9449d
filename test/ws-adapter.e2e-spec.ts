import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
  type WsResponse,
} from '@nestjs/websockets';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bearerToken } from 'nestjs-meveto-logout';
import WebSocket from 'ws';
import { GuardedHost } from './support/guarded-host.js';
import { until } from './support/until.js';

/** Tokens of these tests: `<user id>.<signed in at>`. */
const factsOf = (token: string) => {
  const [userId = '', signedInAt] = token.split('.');
  return { userId, signedInAt: Number(signedInAt) };
};
/** Whose socket it is: this adapter's sockets carry no request. */
const tokenOfSocket = new WeakMap<object, string>();

@WebSocketGateway({ path: '/talk' })
class TalkGateway implements OnGatewayConnection {
  handleConnection(socket: object, request: IncomingMessage): void {
    tokenOfSocket.set(socket, new URL(request.url ?? '', 'http://host').searchParams.get('token') ?? '');
  }

  @SubscribeMessage('say')
  say(_socket: object, text: string): WsResponse<string> {
    return { event: 'said', data: text };
  }
}

class Client {
  readonly heard: { event: string; data: unknown }[] = [];
  closedWith: number | undefined;
  readonly #socket: WebSocket;

  constructor(url: string, token: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/talk?token=${token}`);
    this.#socket.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as never));
    this.#socket.on('close', (code) => (this.closedWith = code));
  }

  async say(text: string): Promise<unknown> {
    await until('the socket is open', () => this.#socket.readyState === WebSocket.OPEN);
    const before = this.heard.length;
    this.#socket.send(JSON.stringify({ event: 'say', data: text }));
    await until('an answer comes', () => this.heard.length > before);
    return this.heard.at(-1);
  }

  close(): void {
    this.#socket.close();
  }
}

describe('a message to a gateway of the ws adapter', () => {
  let host: GuardedHost;
  let clients: Client[];
  beforeEach(async () => {
    clients = [];
    host = await GuardedHost.start({
      options: {
        session: bearerToken({ verify: factsOf }),
        sessionOfMessage: {
          ws: (client) => {
            const token = tokenOfSocket.get(client as object);
            return token === undefined || token === '' ? undefined : factsOf(token);
          },
        },
      },
      extras: { livePush: false },
      metadata: { providers: [TalkGateway] },
      prepare: (app: INestApplication) => app.useWebSocketAdapter(new WsAdapter(app)),
    });
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await host.end();
  });
  async function open(userId?: number): Promise<Client> {
    const signedInAt = userId === undefined ? 0 : (await host.service.recordLogin(userId)).signedInAt;
    const client = new Client(
      host.url,
      userId === undefined ? '' : `${String(userId)}.${String(signedInAt)}`,
    );
    clients.push(client);
    return client;
  }

  it('is refused once its session is over, with the reason, and its socket is closed so that it stays away', async () => {
    const mine = await open(7);
    expect(await mine.say('hello')).toEqual({ event: 'said', data: 'hello' });
    await host.logOut(7);
    expect(await mine.say('still here?')).toEqual({
      event: 'exception',
      data: expect.objectContaining({ status: 'error', statusCode: 401, reason: 'logged-out' }),
    });
    await until('the socket is closed', () => mine.closedWith !== undefined);
    expect(mine.closedWith).toBe(4401);
  });

  it('passes for others, for strangers, and for a session that began after the logout', async () => {
    const [other, stranger] = [await open(8), await open()];
    expect(await other.say('one')).toEqual({ event: 'said', data: 'one' });
    await host.logOut(7);
    const later = await open(7);
    for (const client of [other, stranger, later])
      expect(await client.say('two')).toEqual({ event: 'said', data: 'two' });
    expect(clients.map(({ closedWith }) => closedWith)).toEqual([undefined, undefined, undefined]);
  });
});
