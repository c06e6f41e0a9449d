import type { IncomingMessage } from 'node:http';
import { Inject, type INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
  type WsResponse,
} from '@nestjs/websockets';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { bearerToken, MevetoLogoutSockets, SessionReader, type SessionRequest } from 'nestjs-meveto-logout';
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

  constructor(url: string, token: string, headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/talk?token=${token}`, { headers });
    this.#socket.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as never));
    this.#socket.on('close', (code) => (this.closedWith = code));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  async say(text: string): Promise<unknown> {
    await until('the socket is open', () => this.isOpen);
    const before = this.heard.length;
    this.#socket.send(JSON.stringify({ event: 'say', data: text }));
    await until('an answer comes', () => this.heard.length > before);
    return this.heard.at(-1);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Hands its sockets over as soon as they connect, as docs/guard.md says. */
@WebSocketGateway({ path: '/talk' })
class AdmittingGateway implements OnGatewayConnection {
  readonly admitted: boolean[] = [];
  readonly #sockets: MevetoLogoutSockets;

  constructor(@Inject(MevetoLogoutSockets) sockets: MevetoLogoutSockets) {
    this.#sockets = sockets;
  }

  async handleConnection(socket: WebSocket, request: IncomingMessage): Promise<void> {
    this.admitted.push(await this.#sockets.admit(socket, request));
  }

  @SubscribeMessage('say')
  say(_socket: object, text: string): WsResponse<string> {
    return { event: 'said', data: text };
  }
}

describe('a socket of the ws adapter that its gateway hands over', () => {
  const read = jest.fn(factsOf);
  let host: GuardedHost;
  let clients: Client[];
  class HeaderReader extends SessionReader {
    override read({ headers }: SessionRequest) {
      const token = headers.authorization?.replace('Bearer ', '');
      return token === undefined ? undefined : read(token);
    }
  }
  beforeEach(async () => {
    clients = [];
    read.mockReset().mockImplementation(factsOf);
    host = await GuardedHost.start({
      options: { session: new HeaderReader() },
      extras: { livePush: false },
      metadata: { providers: [AdmittingGateway] },
      prepare: (app: INestApplication) => app.useWebSocketAdapter(new WsAdapter(app)),
    });
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await host.end();
  });
  function open(token?: string): Client {
    const client = new Client(host.url, '', token === undefined ? {} : { authorization: `Bearer ${token}` });
    clients.push(client);
    return client;
  }
  const tokenOf = async (userId: number) =>
    `${String(userId)}.${String((await host.service.recordLogin(userId)).signedInAt)}`;
  const admitted = () => host.app.get(AdmittingGateway).admitted;

  it('is closed at once when its session is over already', async () => {
    const token = await tokenOf(7);
    await host.logOut(7);
    const mine = open(token);
    await until('it is closed', () => mine.closedWith !== undefined);
    expect([mine.closedWith, admitted()]).toEqual([4401, [false]]);
    expect(await open(await tokenOf(7)).say('again')).toEqual({ event: 'said', data: 'again' });
  });

  it('is closed by a logout although it never said a word; others, and strangers, stay', async () => {
    const [silent, other, stranger] = [open(await tokenOf(7)), open(await tokenOf(8)), open()];
    for (const client of [other, stranger]) await client.say('hello');
    await until('all are admitted', () => admitted().length === 3);
    expect(admitted()).toEqual([true, true, true]);
    expect(silent.isOpen).toBe(true);
    await host.logOut(7);
    await until('the silent one is closed', () => silent.closedWith !== undefined);
    expect(silent.closedWith).toBe(4401);
    for (const client of [other, stranger])
      expect(await client.say('still here')).toEqual({ event: 'said', data: 'still here' });
  });

  it('is asked to come again when its session cannot be read', async () => {
    read.mockImplementation(() => {
      throw new Error('the session store is away');
    });
    const mine = open(await tokenOf(7));
    await until('it is closed', () => mine.closedWith !== undefined);
    expect([mine.closedWith, admitted()]).toEqual([1013, [false]]);
  });

  it('has its messages guarded without a word of configuration', async () => {
    const mine = open(await tokenOf(7));
    expect(await mine.say('hello')).toEqual({ event: 'said', data: 'hello' });
    expect(read).toHaveBeenCalledTimes(1);
  });
});

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

  it('is refused when its session is over, with the reason, and its socket is closed so that it stays away', async () => {
    const mine = await open(7);
    await until('the socket is open', () => mine.isOpen);
    await host.logOut(7);
    expect(await mine.say('still here?')).toEqual({
      event: 'exception',
      data: expect.objectContaining({ status: 'error', statusCode: 401, reason: 'logged-out' }),
    });
    await until('the socket is closed', () => mine.closedWith !== undefined);
    expect(mine.closedWith).toBe(4401);
  });

  it('keeps its socket watched: one that spoke before is closed by the logout itself', async () => {
    const [mine, other] = [await open(7), await open(8)];
    await mine.say('hello');
    await other.say('hello');
    await host.logOut(7);
    await until('the socket is closed', () => mine.closedWith !== undefined);
    expect([mine.closedWith, other.closedWith]).toEqual([4401, undefined]);
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
