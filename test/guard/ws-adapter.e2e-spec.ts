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
import { GuardedHost } from '../support/hosts/guarded-host.js';
import { until } from '../support/until.js';

/** Tokens of these tests: `<user id>.<signed in at>`. */
const factsOf = (token: string) => {
  const [userId = '', signedInAt] = token.split('.');
  return { userId, signedInAt: Number(signedInAt) };
};
/** The user of each socket: this adapter's sockets carry no request. */
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
  readonly received: { event: string; data: unknown }[] = [];
  closedWith: number | undefined;
  readonly #socket: WebSocket;

  constructor(url: string, token: string, headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/talk?token=${token}`, { headers });
    this.#socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString()) as never));
    this.#socket.on('close', (code) => (this.closedWith = code));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  async say(text: string): Promise<unknown> {
    await until('the socket is open', () => this.isOpen);
    const before = this.received.length;
    this.#socket.send(JSON.stringify({ event: 'say', data: text }));
    await until('an answer comes', () => this.received.length > before);
    return this.received.at(-1);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Passes its sockets to admit() as soon as they connect, as docs/guard.md recommends. */
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

describe('a socket of the ws adapter that its gateway passes to admit()', () => {
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

  it('is closed at once if its session is already over', async () => {
    const token = await tokenOf(7);
    await host.logOut(7);
    const mine = open(token);
    await until('it is closed', () => mine.closedWith !== undefined);
    expect([mine.closedWith, admitted()]).toEqual([4401, [false]]);
    expect(await open(await tokenOf(7)).say('again')).toEqual({ event: 'said', data: 'again' });
  });

  it('is closed by a logout without any message, while other users and sockets without a session stay', async () => {
    const [silent, other, noSession] = [open(await tokenOf(7)), open(await tokenOf(8)), open()];
    for (const client of [other, noSession]) await client.say('hello');
    await until('all are admitted', () => admitted().length === 3);
    expect(admitted()).toEqual([true, true, true]);
    expect(silent.isOpen).toBe(true);
    await host.logOut(7);
    await until('the silent one is closed', () => silent.closedWith !== undefined);
    expect(silent.closedWith).toBe(4401);
    for (const client of [other, noSession])
      expect(await client.say('still here')).toEqual({ event: 'said', data: 'still here' });
  });

  it('is closed with "try again later" if its session cannot be read', async () => {
    read.mockImplementation(() => {
      throw new Error('the session store is away');
    });
    const mine = open(await tokenOf(7));
    await until('it is closed', () => mine.closedWith !== undefined);
    expect([mine.closedWith, admitted()]).toEqual([1013, [false]]);
  });

  it('has its messages guarded without configuration', async () => {
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

  it('is refused with the reason when its session is over, and its socket is closed for good', async () => {
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

  it('makes its socket watched: the logout itself closes the socket', async () => {
    const [mine, other] = [await open(7), await open(8)];
    await mine.say('hello');
    await other.say('hello');
    await host.logOut(7);
    await until('the socket is closed', () => mine.closedWith !== undefined);
    expect([mine.closedWith, other.closedWith]).toEqual([4401, undefined]);
  });

  it('passes for other users, without a session, and for a session that began after the logout', async () => {
    const [other, noSession] = [await open(8), await open()];
    expect(await other.say('one')).toEqual({ event: 'said', data: 'one' });
    await host.logOut(7);
    const later = await open(7);
    for (const client of [other, noSession, later])
      expect(await client.say('two')).toEqual({ event: 'said', data: 'two' });
    expect(clients.map(({ closedWith }) => closedWith)).toEqual([undefined, undefined, undefined]);
  });
});
