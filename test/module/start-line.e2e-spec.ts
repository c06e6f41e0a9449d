import {
  ConsoleLogger,
  Controller,
  Get,
  type INestApplicationContext,
  Module,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  bearerToken,
  MevetoLogoutGuard,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  type MevetoLogoutStaticOptions,
  socketIo,
} from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { memoryStore } from 'nestjs-meveto-logout/testing';

@Controller('guarded')
class GuardedController {
  @Get()
  @UseGuards(MevetoLogoutGuard)
  read(): void {
    // Only its guard matters.
  }
}

const lines: string[] = [];
const linesWith = (code: string) => lines.filter((line) => line.includes(code));

class Log extends ConsoleLogger {
  override log(text: string): void {
    lines.push(`log: ${text}`);
  }
  override warn(text: string): void {
    lines.push(`warn: ${text}`);
  }
}

const PUSHER = { appId: '1', key: 'key', secret: 'a-pusher-secret', cluster: 'eu' };

const moduleWith = (options: Partial<MevetoLogoutOptions> & MevetoLogoutStaticOptions) => {
  @Module({
    imports: [
      MevetoLogoutModule.forRoot({
        clientId: 'client',
        clientSecret: 'a-secret-that-never-shows',
        apiUrl: 'http://127.0.0.1:9',
        store: memoryStore({ users: [] }),
        session: bearerToken({ verify: () => undefined }),
        ...options,
      }),
    ],
    controllers: [GuardedController],
  })
  class Application {}
  return Application;
};

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe('the line at start', () => {
  let app: INestApplicationContext | undefined;
  afterEach(async () => {
    lines.length = 0;
    await app?.close();
  });

  const start = async (
    adapter: keyof typeof ADAPTERS,
    options: Partial<MevetoLogoutOptions> & MevetoLogoutStaticOptions,
    prefix?: Parameters<Awaited<ReturnType<typeof NestFactory.create>>['setGlobalPrefix']>,
  ): Promise<string[]> => {
    const created = await NestFactory.create(moduleWith(options), ADAPTERS[adapter](), { logger: new Log() });
    app = created;
    if (prefix !== undefined) created.setGlobalPrefix(...prefix);
    await created.init();
    return linesWith('MEVETO_STARTED');
  };

  const line = (webhook: string, rest = 'guard: global; live push: Socket.IO /meveto-logout'): string[] => [
    `log: [MEVETO_STARTED] Webhook: ${webhook}; ${rest}; store: SQLite in memory; replicas: none`,
  ];

  describe.each(['Express', 'Fastify'] as const)('on %s', (adapter) => {
    it('says once at level log how the module runs', async () => {
      expect(await start(adapter, {})).toEqual(line('POST /meveto/webhook'));
    });

    it('has the global prefix', async () => {
      expect(await start(adapter, {}, ['api/v1'])).toEqual(line('POST /api/v1/meveto/webhook'));
    });

    it('leaves out a prefix that excludes the webhook', async () => {
      expect(
        await start(adapter, { webhookPath: 'hooks/logout' }, ['api', { exclude: ['hooks/logout'] }]),
      ).toEqual(line('POST /hooks/logout'));
    });
  });

  it('never has the secret path', async () => {
    const secretPath = 'a-secret-path-of-32-characters-00';
    expect(await start('Express', { webhook: { secretPath } })).toEqual(line('POST /meveto/webhook/:secret'));
  });

  it('says that the guard runs per route, and that there is no live push', async () => {
    expect(await start('Express', { globalGuard: false, livePush: false })).toEqual(
      line('POST /meveto/webhook', 'guard: per route; live push: none'),
    );
  });

  it('names several ways of live push', async () => {
    expect(await start('Express', { livePush: [pusher(PUSHER), socketIo()] })).toEqual(
      line('POST /meveto/webhook', 'guard: global; live push: Pusher and Socket.IO /meveto-logout'),
    );
  });

  it('says that a process without an HTTP server has no webhook', async () => {
    app = await NestFactory.createApplicationContext(moduleWith({ livePush: false }), { logger: new Log() });
    expect(linesWith('MEVETO_STARTED')).toEqual(line('none', 'guard: global; live push: none'));
  });

  it('comes with one that says how replicas learn of logouts without a bus', async () => {
    await start('Express', { livePush: false });
    expect(linesWith('CLUSTER_BUS')).toEqual([
      expect.stringMatching(/^log: \[MEVETO_NO_CLUSTER_BUS\] Live push without Socket\.IO provides no bus/),
    ]);
  });

  it('comes with a warning in production if the webhook has no secret', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await start('Express', { livePush: false });
    } finally {
      process.env['NODE_ENV'] = before;
    }
    expect(linesWith('WITHOUT_SECRET')).toEqual([
      expect.stringMatching(/^warn: \[MEVETO_WEBHOOK_WITHOUT_SECRET\] webhook\.secretPath is not set/),
    ]);
  });
});
