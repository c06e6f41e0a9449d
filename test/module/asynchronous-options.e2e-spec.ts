import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  bearerToken,
  ConfigurationError,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  type MevetoLogoutOptionsFactory,
  MevetoLogoutService,
} from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import {
  createHttpApp,
  defaultHttpAdapter,
  type HostApp,
  sessionMiddleware,
} from '../support/hosts/http-adapters.js';

const SECRET_PATH = Symbol('secret path');
const SECRET = 'a-secret-path-of-32-characters-00';

/** Settings of the application from a provider of another module. */
@Module({ providers: [{ provide: SECRET_PATH, useValue: SECRET }], exports: [SECRET_PATH] })
class SettingsModule {}

const optionsWith = (secretPath: string, more: object = {}): MevetoLogoutOptions => ({
  clientId: 'client',
  clientSecret: 'a-secret-that-never-shows',
  apiUrl: 'http://127.0.0.1:9',
  store: memoryStore(),
  session: bearerToken({ verify: () => undefined }),
  webhook: { secretPath },
  ...more,
});

@Injectable()
class Options implements MevetoLogoutOptionsFactory {
  constructor(@Inject(SECRET_PATH) private readonly secretPath: string) {}

  createMevetoLogoutOptions(): Promise<MevetoLogoutOptions> {
    return Promise.resolve(optionsWith(this.secretPath));
  }
}

@Module({ imports: [SettingsModule], providers: [Options], exports: [Options] })
class OptionsModule {}

@Injectable()
class MisplacedOptions extends Options {
  override createMevetoLogoutOptions(): Promise<MevetoLogoutOptions> {
    return Promise.resolve(optionsWith('short', { webhookPath: 'hooks/meveto' }));
  }
}

@Module({ imports: [SettingsModule], providers: [MisplacedOptions], exports: [MisplacedOptions] })
class MisplacedModule {}

type AsyncOptions = Parameters<typeof MevetoLogoutModule.forRootAsync>[0];

const useFactory: AsyncOptions = {
  imports: [SettingsModule],
  inject: [SECRET_PATH],
  useFactory: (secretPath: string) => Promise.resolve(optionsWith(secretPath)),
};

const misplaced: AsyncOptions = {
  useFactory: () => optionsWith('short', { webhookPath: 'hooks/meveto' }),
};

let app: HostApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(options: AsyncOptions): Promise<HostApp> {
  const testing = await Test.createTestingModule({
    imports: [MevetoLogoutModule.forRootAsync(options)],
  }).compile();
  app = await createHttpApp(testing, defaultHttpAdapter, sessionMiddleware());
  await app.listen(0, '127.0.0.1');
  return app;
}

describe.each<[string, AsyncOptions, AsyncOptions]>([
  ['useFactory', useFactory, misplaced],
  [
    'useClass',
    { imports: [SettingsModule], useClass: Options },
    { imports: [SettingsModule], useClass: MisplacedOptions },
  ],
  [
    'useExisting',
    { imports: [OptionsModule], useExisting: Options },
    { imports: [MisplacedModule], useExisting: MisplacedOptions },
  ],
])('options that %s gives', (_how, good, bad) => {
  it('reach the module, together with static ones', async () => {
    const host = await start({ ...good, webhookPath: 'hooks/meveto' });
    const url = (await host.getUrl()).replace('[::1]', '127.0.0.1');
    const statusAt = async (path: string) =>
      (
        await fetch(`${url}${path}`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).status;
    expect(await statusAt(`/hooks/meveto/${SECRET}`)).toBe(400);
    expect(await statusAt('/hooks/meveto')).toBe(404);
    expect(await statusAt(`/meveto/webhook/${SECRET}`)).toBe(404);
    expect((await host.get(MevetoLogoutService).status()).calls.pending).toBe(0);
  });

  it('make the start fail with one message when they contain static ones', async () => {
    const error: unknown = await start(bad).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).faults).toEqual([
      'webhookPath: is a static option, which useFactory, useClass and useExisting cannot give. Give it beside them: ' +
        'MevetoLogoutModule.forRootAsync({ webhookPath: …, useFactory }).',
      expect.stringContaining('webhook.secretPath: expected at least 22 URL-safe characters'),
    ]);
  });
});

@Injectable({ scope: Scope.REQUEST })
class OfOneRequest extends Options {}

@Injectable({ scope: Scope.TRANSIENT })
class OfOneUser extends Options {}

@Module({
  imports: [SettingsModule],
  providers: [OfOneRequest, OfOneUser],
  exports: [OfOneRequest, OfOneUser],
})
class ScopedModule {}

describe('options that depend on providers of a scope', () => {
  it.each<[string, AsyncOptions]>([
    [
      'useFactory',
      { imports: [ScopedModule], inject: [OfOneRequest], useFactory: () => optionsWith(SECRET) },
    ],
    ['useClass', { imports: [SettingsModule], useClass: OfOneRequest }],
    ['useExisting', { imports: [ScopedModule], useExisting: OfOneRequest }],
  ])('stop the start when they depend on a request: %s', async (_how, options) => {
    await expect(start({ ...options, globalGuard: false, livePush: false })).rejects.toMatchObject({
      code: 'ERR_MEVETO_CONFIGURATION',
      faults: [expect.stringMatching(/^forRootAsync: the options depend on a request-scoped provider/)],
    });
  });

  it('stop the start by an error of Nest where there is a global guard', async () => {
    const options = { imports: [SettingsModule], useClass: OfOneRequest };
    await expect(start(options)).rejects.toThrow('request-scoped provider');
  });

  it('may depend on transient ones', async () => {
    const host = await start({ imports: [ScopedModule], useExisting: OfOneUser, globalGuard: false });
    expect((await host.get(MevetoLogoutService).status()).calls.pending).toBe(0);
  });
});

describe('static options', () => {
  it.each([
    [
      'isGlobal',
      'yes',
      'isGlobal: got a string, expected true or false. Leave it out for the default, true.',
    ],
    [
      'globalGuard',
      1,
      'globalGuard: got a number, expected true or false. Leave it out for the default, true.',
    ],
    ['webhookPath', 7, "webhookPath: got a number, expected a path. Example: 'meveto/webhook'."],
    ['webhookPath', '/', "webhookPath: got '/', expected a path. Example: 'meveto/webhook'."],
    ['browserPath', true, "browserPath: got a boolean, expected a path, or false. Example: 'meveto'."],
    [
      'publicMetadataKeys',
      'isPublic',
      "publicMetadataKeys: expected a list of metadata keys. Example: ['isPublic'].",
    ],
    ['livePush', 'pusher', 'livePush: expected socketIo({ … }), pusher({ … }), a list of both, or false.'],
  ])('of another kind stop the start: %s', async (name, value, fault) => {
    const error: unknown = await start({ ...useFactory, [name]: value }).catch((reason: unknown) => reason);
    expect((error as ConfigurationError).faults).toEqual([fault]);
  });
});
