import { Controller, Get, type INestApplication, UseGuards } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { Test } from '@nestjs/testing';
import {
  bearerToken,
  MevetoLogoutGuard,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  MevetoLogoutService,
} from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { LogoutCache } from '../../libs/meveto-logout/src/logouts/logout-cache.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import { freePort } from '../support/network/free-port.js';

@Controller()
class Sums {
  @MessagePattern('sum')
  sum({ numbers }: { numbers: number[] }): number {
    return numbers.reduce((total, each) => total + each, 0);
  }

  @Get('sums')
  list() {
    return [];
  }
}

let host: GuardedHost | undefined;
let client: ClientProxy;
afterEach(async () => {
  client.close();
  await host?.end();
  host = undefined;
});

function started(): GuardedHost {
  if (host === undefined) throw new Error('there is no host');
  return host;
}

async function start(options: Partial<MevetoLogoutOptions>): Promise<void> {
  const tcp = { transport: Transport.TCP, options: { host: '127.0.0.1', port: await freePort() } } as const;
  host = await GuardedHost.start({
    options: { session: bearerToken({ verify: () => undefined }), ...options },
    metadata: { controllers: [Sums] },
    prepare: async (app: INestApplication) => {
      app.connectMicroservice<MicroserviceOptions>(tcp, { inheritAppConfig: true });
      await app.startAllMicroservices();
    },
  });
  client = ClientProxyFactory.create(tcp);
}

/** Sends a message in the name of this user. The application trusts its own services. */
const send = (userId: string | undefined, signedInAt?: number): Promise<unknown> =>
  firstValueFrom(client.send('sum', { numbers: [1, 2], session: userId && { userId, signedInAt } })).catch(
    (error: unknown) => error,
  );

const rpc = (data: unknown) => (data as { session?: { userId: string; signedInAt: number } }).session;

describe('an application that is only a microservice', () => {
  @Controller()
  class GuardedSums {
    @UseGuards(MevetoLogoutGuard)
    @MessagePattern('sum')
    sum({ numbers }: { numbers: number[] }): number {
      return numbers.reduce((total, each) => total + each, 0);
    }
  }

  it.each([
    ['everywhere', Sums, true],
    ['where it is used', GuardedSums, false],
  ])('is guarded %s', async (_where, controller, globalGuard) => {
    const port = await freePort();
    const tcp = { transport: Transport.TCP, options: { host: '127.0.0.1', port } } as const;
    const testing = await Test.createTestingModule({
      imports: [
        MevetoLogoutModule.forRoot({
          clientId: 'test-client',
          clientSecret: 'test-client-secret-0123456789',
          apiUrl: 'http://127.0.0.1:9',
          store: memoryStore({ users: [{ id: 7 }] }),
          session: bearerToken({ verify: () => undefined }),
          sessionOfMessage: { rpc },
          livePush: false,
          globalGuard,
        }),
      ],
      controllers: [controller],
    }).compile();
    const app = testing.createNestMicroservice<MicroserviceOptions>({ ...tcp, logger: false });
    await app.listen();
    client = ClientProxyFactory.create(tcp);
    try {
      const { signedInAt } = await app.get(MevetoLogoutService).recordLogin(7);
      expect(await send('7', signedInAt)).toBe(3);
      app.get(LogoutCache, { strict: false }).learn({ userId: '7', loggedOutAt: signedInAt }, 'store');
      expect(await send('7', signedInAt)).toMatchObject({ statusCode: 401, reason: 'logged-out' });
      expect(await send('8', signedInAt)).toBe(3);
    } finally {
      await app.close();
    }
  });
});

describe('a message to a microservice', () => {
  it('is refused when the session that the application returns is over', async () => {
    await start({ sessionOfMessage: { rpc } });
    const { signedInAt } = await started().service.recordLogin(7);
    expect(await send('7', signedInAt)).toBe(3);
    await started().logOut(7);
    expect(await send('7', signedInAt)).toEqual({
      status: 'error',
      statusCode: 401,
      code: 'logged-out',
      reason: 'logged-out',
      cause: 'meveto',
      message: expect.stringContaining('Meveto'),
    });
    const later = await started().service.recordLogin(7);
    expect(await send('7', later.signedInAt)).toBe(3);
    expect(await send('8', signedInAt)).toBe(3);
    expect(await send(undefined)).toBe(3);
  });

  it('is checked by a session that the application returns asynchronously', async () => {
    await start({ sessionOfMessage: { rpc: (data) => Promise.resolve(rpc(data)) } });
    await started().logOut(7);
    expect(await send('7', 1)).toMatchObject({ reason: 'logged-out' });
  });

  it('passes if the application returns no session', async () => {
    await start({});
    await started().logOut(7);
    expect(await send('7', 1)).toBe(3);
    expect((await started().request('GET', '/sums')).status).toBe(200);
  });
});
