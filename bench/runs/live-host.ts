// A server of live connections for the measures `push` and `heap`, as a process of its own. KIND says which:
// `module` (this package on Express and Socket.IO), `nest-gateway` (an empty gateway), `socket-io` or `ws`.
import 'reflect-metadata';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebSocketGateway } from '@nestjs/websockets';
import { bearerToken, MevetoLogoutModule, type Logout, type StoreDefinition } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { Server } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import { answer, now, setting } from './child.js';
import { loggedOutEvent, NAMESPACE, sessionOf } from './live-protocol.js';

export type LiveKind = 'module' | 'nest-gateway' | 'socket-io' | 'ws';

export type ToLiveHost =
  | { readonly ask: 'port' }
  | { readonly ask: 'memory' }
  | { readonly ask: 'burst'; readonly users: readonly string[] };

export interface FromLiveHost {
  readonly port: number;
  readonly heapUsed: number;
  readonly rss: number;
  /** When the burst began, of {@link now}. */
  readonly startedAt: number;
}

/** A server, and what sends `logged-out` to these users, each with a time of its own. Resolves with the begin of the burst. */
interface LiveServer {
  readonly port: number;
  readonly burst: (users: readonly string[]) => Promise<number>;
}

const noBurst = (): Promise<number> => Promise.reject(new Error('This server sends nothing.'));
const logoutsOf = (users: readonly string[]): readonly Logout[] => {
  const last = Date.now();
  return users.map((userId, index) => ({ userId, loggedOutAt: last - (index % 1_000) }));
};

async function startModule(): Promise<LiveServer> {
  let elsewhere: { readonly logouts: readonly Logout[]; readonly begun: (at: number) => void } | undefined;
  const inMemory = memoryStore({ users: [] });
  // Logouts of another replica: the next poll finds all of them.
  const store: StoreDefinition = {
    create: (context) => {
      const made = inMemory.create(context);
      const connect = made.connect.bind(made);
      made.connect = async () => {
        await connect();
        const { logoutStore } = made;
        const own = logoutStore.committedSince.bind(logoutStore);
        logoutStore.committedSince = async (asOf) => {
          const since = await own(asOf);
          if (elsewhere === undefined) return since;
          const { logouts, begun } = elsewhere;
          elsewhere = undefined;
          begun(now());
          return { ...since, logouts };
        };
      };
      return made;
    },
  };
  @Module({
    imports: [
      MevetoLogoutModule.forRoot({
        clientId: 'bench-client',
        clientSecret: 'bench-client-secret-0123456789',
        apiUrl: 'http://127.0.0.1:9',
        store,
        session: bearerToken({ verify: sessionOf }),
        // A burst begins with a poll: no need to wait for a second each time.
        logouts: { pollIntervalMs: 100 },
      }),
    ],
  })
  class AppModule {}
  const port = await nestPort(AppModule);
  const burst = (users: readonly string[]): Promise<number> =>
    new Promise((begun) => {
      elsewhere = { logouts: logoutsOf(users), begun };
    });
  return { port, burst };
}

async function startNestGateway(): Promise<LiveServer> {
  @WebSocketGateway({ namespace: NAMESPACE })
  class EmptyGateway {}
  @Module({ providers: [EmptyGateway] })
  class AppModule {}
  return { port: await nestPort(AppModule), burst: noBurst };
}

/** Plain Socket.IO, and one `emit` for each logout. */
async function startSocketIo(): Promise<LiveServer> {
  const http = createServer();
  const namespace = new Server(http).of(NAMESPACE);
  const burst = (users: readonly string[]): Promise<number> => {
    const logouts = logoutsOf(users);
    const sockets = new Map(
      [...namespace.sockets.values()].map((socket) => [
        sessionOf(String(socket.handshake.auth['token']))?.userId,
        socket,
      ]),
    );
    const startedAt = now();
    for (const { userId, loggedOutAt } of logouts) sockets.get(userId)?.emit(...loggedOutEvent(loggedOutAt));
    return Promise.resolve(startedAt);
  };
  return { port: await portOf(http), burst };
}

/** The least that a server can do: one connection for each user in a map, and one `send` for each logout. */
async function startWs(): Promise<LiveServer> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const sockets = new Map<string, WebSocket>();
  server.on('connection', (socket, request) => {
    const user = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('user') ?? '';
    sockets.set(user, socket);
    socket.on('close', () => sockets.delete(user));
  });
  const burst = (users: readonly string[]): Promise<number> => {
    const logouts = logoutsOf(users);
    const startedAt = now();
    for (const { userId, loggedOutAt } of logouts)
      sockets.get(userId)?.send(JSON.stringify(loggedOutEvent(loggedOutAt)));
    return Promise.resolve(startedAt);
  };
  return { port: await portOf(http), burst };
}

async function nestPort(module: new () => object): Promise<number> {
  const app = await NestFactory.create(module, { logger: ['error', 'fatal'], forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  return ((app.getHttpServer() as HttpServer).address() as AddressInfo).port;
}

async function portOf(http: HttpServer): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return (http.address() as AddressInfo).port;
}

const starts: Readonly<Record<LiveKind, () => Promise<LiveServer>>> = {
  module: startModule,
  'nest-gateway': startNestGateway,
  'socket-io': startSocketIo,
  ws: startWs,
};
const { port, burst } = await starts[setting('KIND') as LiveKind]();
answer(async (question: ToLiveHost): Promise<Partial<FromLiveHost>> => {
  switch (question.ask) {
    case 'port':
      return { port };
    case 'burst':
      return { startedAt: await burst(question.users) };
    case 'memory': {
      globalThis.gc?.();
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      return { heapUsed, rss };
    }
  }
});
