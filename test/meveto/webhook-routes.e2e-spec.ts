import { ConsoleLogger, type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { describe, expect, it } from '@jest/globals';
import {
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  type MevetoLogoutStaticOptions,
  requestUser,
} from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import type { HostApp } from '../support/hosts/http-adapters.js';

const SECRET = 'a-secret-of-thirty-characters-1';

class Lines extends ConsoleLogger {
  readonly lines: string[] = [];

  override log(message: string): void {
    this.lines.push(message);
  }

  /** No server listens at `apiUrl`. */
  override warn(message: string): void {
    this.lines.push(message);
  }
}

const moduleWith = (extras: MevetoLogoutStaticOptions, asynchronous = false): DynamicModule => {
  const options: MevetoLogoutOptions = {
    clientId: 'routes',
    clientSecret: 'client-secret-of-the-routes-0123456789',
    apiUrl: 'http://127.0.0.1:9',
    store: memoryStore(),
    session: requestUser(),
    webhook: { secretPath: SECRET },
  };
  return asynchronous
    ? MevetoLogoutModule.forRootAsync({ useFactory: () => options, ...extras })
    : MevetoLogoutModule.forRoot({ ...options, ...extras });
};

async function start(
  imported: DynamicModule,
  adapter: 'express' | 'fastify',
  logger: Lines,
): Promise<HostApp> {
  @Module({ imports: [imported] })
  class ApplicationModule {}
  const app =
    adapter === 'express'
      ? await NestFactory.create(ApplicationModule, { logger })
      : await NestFactory.create(ApplicationModule, new FastifyAdapter(), { logger });
  app.setGlobalPrefix('api');
  return app.init();
}

describe.each(['express', 'fastify'] as const)('the routes of the webhook on %s', (adapter) => {
  it('are in the log of the routes, without the secret', async () => {
    const logger = new Lines();
    const app = await start(moduleWith({ webhookPath: 'hooks/meveto' }, true), adapter, logger);
    await app.close();
    expect(logger.lines).toContain('Mapped {/api/hooks/meveto, POST} route');
    expect(logger.lines).toContain('Mapped {/api/hooks/meveto/:secret, POST} route');
    expect(logger.lines.join()).not.toContain(SECRET);
  });

  it('are the only routes of the module in an OpenAPI document, with the secret as a parameter', async () => {
    const livePush = pusher({
      appId: '1',
      key: 'key',
      secret: 'pusher-secret',
      cluster: 'eu',
    });
    const app = await start(moduleWith({ livePush }), adapter, new Lines());
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    await app.close();
    expect(Object.keys(document.paths)).toEqual(['/api/meveto/webhook', '/api/meveto/webhook/{secret}']);
    const { parameters, requestBody, responses } = document.paths['/api/meveto/webhook/{secret}']?.post ?? {};
    expect(parameters).toEqual([
      {
        name: 'secret',
        in: 'path',
        required: true,
        description: 'The option webhook.secretPath.',
        schema: { type: 'string' },
      },
    ]);
    expect(requestBody).toMatchObject({
      required: true,
      content: {
        'application/json': { schema: { type: 'object', required: ['type', 'user_token'] } },
        'application/x-www-form-urlencoded': { schema: { type: 'object', required: ['type', 'user_token'] } },
      },
    });
    expect(Object.keys(responses ?? {})).toEqual(expect.arrayContaining(['202', '404', '503']));
    expect(document.paths['/api/meveto/webhook']?.post?.parameters).toEqual([]);
    expect(JSON.stringify(document)).not.toContain(SECRET);
  });
});
