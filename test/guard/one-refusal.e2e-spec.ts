import type { IncomingMessage } from 'node:http';
import { Controller, Get, type INestApplication, Inject, Post, Sse, UseGuards } from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { type OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type MevetoLogoutOptions,
  MevetoLogoutSockets,
  SessionReader,
  type SessionRequest,
  socketIo,
} from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { firstValueFrom, NEVER, type Observable } from 'rxjs';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { graphqlHost } from '../support/hosts/graphql-host.js';
import { GuardedHost, type GuardedHostOptions } from '../support/hosts/guarded-host.js';
import { GatedTalkGateway } from '../support/hosts/talk-gateways.js';
import { freePort } from '../support/network/free-port.js';
import { until } from '../support/until.js';

/** What every refusal says, whatever the transport. */
const BODY = {
  statusCode: 401,
  code: 'logged-out',
  reason: 'logged-out',
  message: 'You were logged out from your Meveto dashboard. Log in again.',
  cause: 'meveto',
};
const PAGE = { accept: 'text/html' };
const OVER = { cookie: 'sid=7' };

/** Reads the cookie `sid=<user id>`, and counts its calls. */
class CountingReader extends SessionReader {
  reads = 0;
  override readonly cookies = ['sid'];
  override read({ headers }: SessionRequest) {
    this.reads += 1;
    const [, userId] = /\bsid=(\d+)/.exec(headers.cookie ?? '') ?? [];
    return userId === undefined ? undefined : { userId, signedInAt: 1_000 };
  }
  override readonly end = jest.fn<() => void>();
  override renew(request: SessionRequest) {
    delete request.headers.cookie;
  }
}

/** Reads the user that a guard of the application sets. */
class LateReader extends SessionReader {
  reads = 0;
  override readonly isLate = true;
  override read(request: SessionRequest & { user?: string }) {
    this.reads += 1;
    return request.user === undefined ? undefined : { userId: request.user, signedInAt: 1_000 };
  }
}

class OwnGuard {
  canActivate(context: { switchToHttp(): { getRequest(): { user?: string } } }) {
    context.switchToHttp().getRequest().user = '7';
    return true;
  }
}

@Controller()
class Pages {
  @Get('page')
  page() {
    return 'the page';
  }

  @Post('login')
  logIn() {
    return 'logged in';
  }

  @Sse('stream')
  stream(): Observable<never> {
    return NEVER;
  }

  @Get('late')
  @UseGuards(OwnGuard)
  late() {
    return 'late';
  }

  @MessagePattern('message')
  message() {
    return 'received';
  }
}

const wsAdapter = (app: INestApplication) => app.useWebSocketAdapter(new WsAdapter(app));

/** A function for `sessionOfMessage`. */
const asked = jest.fn(() => ({ userId: 7, signedInAt: 1_000 }));

describe('a refusal reads the session once, and has one shape', () => {
  let host: GuardedHost;
  let reader: CountingReader;
  let late: LateReader;
  beforeEach(() => {
    asked.mockClear();
    reader = new CountingReader();
    late = new LateReader();
  });
  afterEach(() => host.end());

  const start = async (more: Partial<GuardedHostOptions> = {}) => {
    host = await GuardedHost.start({
      metadata: { controllers: [Pages] },
      ...more,
      options: { session: reader, ...more.options },
    });
    await host.logOut(7);
    reader.reads = 0;
  };

  it.each<[string, string, Record<string, string>, number, MevetoLogoutOptions['whenLoggedOut']?]>([
    ['as JSON', '/page', {}, 401],
    ['as JSON, and clears stored data', '/page', {}, 401, { clearSiteData: ['storage'] }],
    ['as a redirect', '/page', PAGE, 303],
    ['as a redirect, and clears cookies', '/page', PAGE, 303, { clearCookies: ['sid'] }],
    ['of a stream', '/stream', {}, 401],
    ['of the module’s session route', '/meveto/session', {}, 401],
  ])('over HTTP, %s', async (_how, path, headers, status, whenLoggedOut = {}) => {
    await start({ options: { session: reader, whenLoggedOut } });
    const answer = await host.request('GET', path, { ...headers, ...OVER });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ ...BODY, statusCode: status });
    expect(reader.reads).toBe(1);
    expect(reader.end).toHaveBeenCalledTimes(status === 303 ? 1 : 0);
  });

  it('on a login path, and once more after the session was removed', async () => {
    await start();
    expect((await host.request('POST', '/login', OVER)).status).toBe(201);
    expect(reader.reads).toBe(2);
  });

  it('of a late user: late readers twice, before and after the guards, and others once more, since guards may change sessions', async () => {
    await start({ options: { session: [reader, late] } });
    expect((await host.request('GET', '/late', PAGE)).status).toBe(303);
    expect([reader.reads, late.reads]).toEqual([2, 2]);
  });

  it('of the route for Pusher', async () => {
    const livePush = pusher({
      appId: '1',
      key: 'key',
      secret: 'secret',
      host: '127.0.0.1',
      port: 9,
      useTLS: false,
    });
    await start({ extras: { livePush } });
    expect(JSON.parse((await host.request('GET', '/meveto/pusher', OVER)).text)).toEqual(BODY);
    expect(reader.reads).toBe(1);
  });

  it('in GraphQL', async () => {
    await start({ metadata: graphqlHost() });
    const answer = await host.request('POST', '/graphql', OVER, { query: '{ note }' });
    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED', originalError: BODY } }],
    });
    expect(reader.reads).toBe(1);
  });

  it.each([
    ['/meveto-logout', 'logged-out'],
    ['/talk', 'connect_error'],
    ['/named', 'connect_error'],
  ])('of a connection to the Socket.IO namespace %s', async (namespace, event) => {
    @WebSocketGateway({ namespace: '/named' })
    class NamedGateway {}
    await start({
      metadata: { providers: [GatedTalkGateway, NamedGateway] },
      extras: { livePush: socketIo({ namespaces: ['/named'] }) },
    });
    const socket = io(host.url + namespace, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: OVER,
    });
    try {
      const received = await new Promise<unknown>((resolve) => socket.once(event, resolve));
      expect(received).toMatchObject(
        event === 'connect_error'
          ? { data: { ...BODY, status: 401 } }
          : { reason: BODY.reason, cause: BODY.cause },
      );
    } finally {
      socket.close();
    }
    expect(reader.reads).toBe(1);
  });

  it('of a connection that its gateway passes to admit()', async () => {
    const admitted: boolean[] = [];
    @WebSocketGateway({ path: '/ws' })
    class AdmittingGateway implements OnGatewayConnection {
      constructor(@Inject(MevetoLogoutSockets) private readonly sockets: MevetoLogoutSockets) {}
      async handleConnection(socket: WebSocket, request: IncomingMessage): Promise<void> {
        admitted.push(await this.sockets.admit(socket, request));
      }
    }
    await start({
      metadata: { providers: [AdmittingGateway] },
      extras: { livePush: false },
      prepare: wsAdapter,
    });
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}/ws`, { headers: OVER });
    const closed = await new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve([code, reason.toString()]));
    });
    expect(closed).toEqual([4401, 'logged-out']);
    expect([admitted, reader.reads]).toEqual([[false], 1]);
  });

  it('of messages to a gateway of the ws adapter, with one question for each message', async () => {
    @WebSocketGateway({ path: '/ws' })
    class MessageGateway {
      @SubscribeMessage('say')
      say() {
        return { event: 'said' };
      }
    }
    await start({
      options: { session: reader, sessionOfMessage: { ws: asked } },
      metadata: { providers: [MessageGateway] },
      extras: { livePush: false },
      prepare: wsAdapter,
    });
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}/ws`);
    const received: string[] = [];
    socket.on('message', (data: Buffer) => received.push(data.toString()));
    socket.once('open', () => {
      socket.send('{"event":"say"}');
    });
    await until('the message is refused', () => received.length > 0);
    expect(JSON.parse(received[0] ?? '')).toEqual({ event: 'exception', data: { status: 'error', ...BODY } });
    expect([asked.mock.calls.length, reader.reads]).toEqual([1, 0]);
  });

  it('of a message to a microservice handler', async () => {
    const tcp = {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: await freePort() },
    } as const;
    await start({
      options: { session: reader, sessionOfMessage: { rpc: asked } },
      metadata: { controllers: [Pages] },
      prepare: async (app: INestApplication) => {
        app.connectMicroservice<MicroserviceOptions>(tcp, { inheritAppConfig: true });
        await app.startAllMicroservices();
      },
    });
    const client = ClientProxyFactory.create(tcp);
    try {
      await expect(firstValueFrom(client.send('message', {}))).rejects.toEqual({ status: 'error', ...BODY });
    } finally {
      client.close();
    }
    expect([asked.mock.calls.length, reader.reads]).toEqual([1, 0]);
  });
});
