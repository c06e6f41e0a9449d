import type { Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { bearerToken } from 'nestjs-meveto-logout';
import { GatedTalkGateway, GuardedTalkGateway, TalkGateway } from '../support/hosts/talk-gateways.js';
import { GuardedHost, type GuardedHostOptions } from '../support/hosts/guarded-host.js';
import { refusedWith } from '../support/live/refused-with.js';

/** Tokens of these tests: `<user id>.<signed in at>`. */
const tokens = bearerToken({
  verify: (token) => {
    const [userId = '', signedInAt] = token.split('.');
    return { userId, signedInAt: Number(signedInAt) };
  },
});

let host: GuardedHost;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await host.end();
});

const start = (gateway: Type, more: Partial<GuardedHostOptions> = {}) =>
  GuardedHost.start({ options: { session: tokens }, metadata: { providers: [gateway] }, ...more });

async function tokenOf(userId: number): Promise<string> {
  const { signedInAt } = await host.service.recordLogin(userId);
  return `${String(userId)}.${String(signedInAt)}`;
}

function open(token?: string): Socket {
  const auth = token === undefined ? {} : { token };
  const socket = io(`${host.url}/talk`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
  });
  sockets.push(socket);
  return socket;
}

/** The data of the next event with this name. */
const next = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no '${event}'`)), 5_000);
    socket.once(event, (data: unknown) => {
      clearTimeout(timer);
      resolve(data);
    });
  });

async function say(socket: Socket, event = 'say'): Promise<unknown> {
  const answer = Promise.race([next(socket, event === 'say' ? 'said' : event), next(socket, 'exception')]);
  socket.emit(event, 'hello');
  return answer;
}

const REFUSED = {
  status: 'error',
  statusCode: 401,
  code: 'logged-out',
  reason: 'logged-out',
  cause: 'meveto',
  message: expect.stringContaining('Meveto'),
};

describe('a message to a gateway of the application', () => {
  it.each<[string, Type, boolean]>([
    ['where the guard is global', TalkGateway, true],
    ['with the guard by @UseGuards', GuardedTalkGateway, false],
  ])(
    'is refused and its socket disconnected when its session is over, %s',
    async (_how, gateway, globalGuard) => {
      host = await start(gateway, { extras: { globalGuard } });
      const [mine, others] = [open(await tokenOf(7)), open(await tokenOf(8))];
      expect(await say(mine)).toBe('hello');
      await host.logOut(7);
      const disconnected = next(mine, 'disconnect');
      expect(await say(mine)).toEqual(REFUSED);
      expect(await disconnected).toBe('io server disconnect');
      expect(await say(others)).toBe('hello');
      expect(await say(open(await tokenOf(7)))).toBe('hello');
    },
  );

  it('passes if the guard is not used: a global guard does run for messages', async () => {
    host = await start(TalkGateway, { extras: { globalGuard: false } });
    const socket = open(await tokenOf(7));
    await next(socket, 'connect');
    await host.logOut(7);
    expect(await say(socket)).toBe('hello');
  });

  it('passes with @SkipMevetoLogout, and without a session', async () => {
    host = await start(TalkGateway);
    const token = await tokenOf(7);
    await host.logOut(7);
    expect(await say(open(token), 'weather')).toBe('fine');
    expect(await say(open())).toBe('hello');
  });

  it('is checked by the session that the application returns for the message', async () => {
    const ws = (_client: unknown, data: unknown) => ({ userId: data as string, signedInAt: 1 });
    host = await start(TalkGateway, { options: { session: tokens, sessionOfMessage: { ws } } });
    await host.logOut('hello');
    expect(await say(open())).toEqual(REFUSED);
  });
});

describe('a connection to a gateway of the application', () => {
  it('is refused by the middleware with the reason when its session is over', async () => {
    host = await start(GatedTalkGateway);
    const token = await tokenOf(7);
    await next(open(token), 'connect');
    await host.logOut(7);
    expect(await next(open(token), 'connect_error')).toMatchObject({ data: refusedWith('logged-out') });
    await next(open(await tokenOf(7)), 'connect');
    await next(open(), 'connect');
  });
});
