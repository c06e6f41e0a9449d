import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { bearerToken, MevetoLogoutModule, type WebhookOptions } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { databaseKind } from '../support/database.js';
import { Recorder } from '../support/secrets/secret-search.js';
import { World } from '../support/world.js';

const SECRET_PATH = 'secret-path-of-these-tests-0123';

describe(`a removal of protection on ${databaseKind}`, () => {
  const recorder = new Recorder();
  let world: World;
  beforeEach(async () => {
    recorder.lines.length = 0;
    world = await World.create();
  });
  afterEach(async () => {
    recorder.stop();
    await world.end();
  });

  const lines = (): readonly string[] => recorder.lines.filter((line) => line.includes('protection'));

  it('logs a line with the user and the job, without Meveto ID and token', async () => {
    const mevetoId = 'canary-of-a-meveto-id';
    const host = await world.start({ users: [{ id: 1, mevetoId }] });
    recorder.start();
    const token = world.meveto.issueUserToken(mevetoId);
    await host.webhook(token, 'Meveto_Protection_Removed');
    await host.untilJobs('applied');
    const { jobs } = await host.service.listJobs({ state: 'applied' });
    expect(lines()).toEqual([expect.stringContaining(`Job ${jobs[0]?.id ?? ''} removed`)]);
    expect(lines()[0]).toContain('user "1"');
    expect(recorder.lines.join('\n')).not.toContain(mevetoId);
    expect(recorder.lines.join('\n')).not.toContain(token);
  });

  it('logs no line for a logout or for an unknown person', async () => {
    const host = await world.start();
    recorder.start();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.webhook(world.meveto.issueUserToken('m-9'), 'Meveto_Protection_Removed');
    await host.untilJobs('applied');
    await host.untilJobs('unknown_user');
    expect(lines()).toEqual([]);
  });
});

describe('the start of the module', () => {
  const recorder = new Recorder();
  const before = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = before;
    recorder.stop();
  });

  const startWithHttp = async (Host: Type) => {
    const app = await NestFactory.create(Host, { logger: recorder });
    await app.init();
    await app.close();
  };
  const startWithoutHttp = async (Host: Type) => {
    const app = await NestFactory.createApplicationContext(Host, { logger: recorder });
    await app.close();
  };

  async function warningsOf(
    webhook: WebhookOptions,
    environment: string,
    startAndClose = startWithHttp,
  ): Promise<readonly string[]> {
    @Module({
      imports: [
        MevetoLogoutModule.forRoot({
          clientId: 'client',
          clientSecret: 'a-client-secret-of-these-tests',
          apiUrl: 'http://127.0.0.1:9',
          store: memoryStore(),
          session: bearerToken({ verify: () => undefined }),
          webhook,
        }),
      ],
    })
    class Host {}
    process.env['NODE_ENV'] = environment;
    recorder.lines.length = 0;
    await startAndClose(Host);
    return recorder.lines.filter((line) => line.includes('webhook.secretPath'));
  }

  it.each([{}, { allowFrom: ['203.0.113.7'] }])(
    'warns once, with the remedy, in production without a secret path: %j',
    async (webhook) => {
      expect(await warningsOf(webhook, 'production')).toEqual([
        expect.stringMatching(/Meveto_Protection_Removed.*Set webhook\.secretPath, and register the new URL/),
      ]);
    },
  );

  it('does not warn in production with a secret path, and never logs the path', async () => {
    expect(await warningsOf({ secretPath: SECRET_PATH }, 'production')).toEqual([]);
    expect(recorder.lines.join('\n')).not.toContain(SECRET_PATH);
  });

  it('does not warn in production without an HTTP server', async () => {
    expect(await warningsOf({}, 'production', startWithoutHttp)).toEqual([]);
  });

  it.each(['development', 'test', ''])('does not warn outside of production: %j', async (environment) => {
    expect(await warningsOf({}, environment)).toEqual([]);
  });
});
