import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as nestAxios from '@nestjs/axios';
import { Module, type ModuleMetadata } from '@nestjs/common';
import * as nestCore from '@nestjs/core';
import * as nestSchedule from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import * as nestTypeOrm from '@nestjs/typeorm';
import * as nestWebSockets from '@nestjs/websockets';
import { bearerToken, type LivePushDefinition, MevetoLogoutModule, socketIo } from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import * as typeorm from 'typeorm';
import { CLIENT_ID, CLIENT_SECRET, type HostOptions } from '../support/hosts/host-app.js';
import { type HostClient, World } from '../support/world.js';

const { HttpModule, HttpService } = nestAxios;
const { Cron, ScheduleModule, SchedulerRegistry } = nestSchedule;

class ApplicationJobs {
  run(): void {
    // Runs once a year.
  }
}
Cron('0 0 1 1 *', { name: 'app-job' })(
  ApplicationJobs.prototype,
  'run',
  Object.getOwnPropertyDescriptor(ApplicationJobs.prototype, 'run') ?? {},
);

/** The application's own HttpModule and ScheduleModule. */
const ownModules = (): NonNullable<ModuleMetadata['imports']> => {
  @Module({
    imports: [HttpModule.register({ baseURL: 'https://application.example' }), ScheduleModule.forRoot()],
    providers: [ApplicationJobs],
  })
  class ApplicationModule {}
  return [ApplicationModule];
};

describe('the providers that the module uses from other packages', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  const logOut = async (host: HostClient): Promise<void> => {
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
  };

  describe.each<[string, () => Partial<HostOptions>]>([
    ['before', () => ({ earlierImports: ownModules() })],
    ['after', () => ({ metadata: { imports: ownModules() } })],
  ])('in an application that imports those packages %s it', (_order, withOwnModules) => {
    it('do not replace those of the application', async () => {
      const host = await world.start(withOwnModules());
      expect(host.app.get(HttpService).axiosRef.defaults.baseURL).toBe('https://application.example');
      const registry = host.app.get(SchedulerRegistry);
      expect([...registry.getCronJobs().keys()]).toEqual(['app-job']);
      expect(registry.getCronJob('app-job').isActive).toBe(true);
    });

    it('are not affected by the application’s interceptors', async () => {
      const host = await world.start(withOwnModules());
      const seen: unknown[] = [];
      const { interceptors } = host.app.get(HttpService).axiosRef;
      interceptors.request.use((config) => {
        seen.push(config.params);
        config.headers.set('Authorization', 'Bearer of-the-application');
        return config;
      });
      await logOut(host);
      expect(seen).toEqual([]);
      const exchange = world.proxy.seen.find(({ path }) => path === '/api/client/user-for-token');
      expect(exchange?.headers).toHaveProperty('accept', 'application/json');
      expect(exchange?.headers).not.toHaveProperty('authorization');
    });

    it('keep working when a test of the application overrides its own', async () => {
      const registry = new SchedulerRegistry();
      const host = await world.start({
        ...withOwnModules(),
        override: (builder) =>
          builder
            .overrideProvider(HttpService)
            .useValue({})
            .overrideProvider(SchedulerRegistry)
            .useValue(registry),
      });
      await logOut(host);
      expect(host.app.get(HttpService)).toEqual({});
      expect([...registry.getCronJobs().keys()]).toEqual(['app-job']);
    });
  });

  it('keep working when a test overrides providers that the application does not have', async () => {
    const host = await world.start({
      override: (builder) =>
        builder.overrideProvider(HttpService).useValue({}).overrideProvider(SchedulerRegistry).useValue({}),
    });
    await logOut(host);
  });
});

describe('the container of an application with only the module', () => {
  const packages = [nestAxios, nestCore, nestSchedule, nestTypeOrm, nestWebSockets, typeorm];
  const foreign = new Set(packages.flatMap((each) => Object.values<unknown>({ ...each })));
  const byPusher = pusher({ appId: '1', key: 'key', secret: 'secret', cluster: 'eu' });

  it.each<[string, LivePushDefinition | false | LivePushDefinition[]]>([
    ['no live push', false],
    ['Socket.IO', socketIo()],
    ['Pusher', byPusher],
    ['both', [byPusher, socketIo()]],
  ])('has nothing under a public token of another package: %s', async (_way, livePush) => {
    const testing = await Test.createTestingModule({
      imports: [
        MevetoLogoutModule.forRoot({
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          store: memoryStore(),
          session: bearerToken({ verify: () => undefined }),
          livePush,
        }),
      ],
    }).compile();
    const modules = [...testing.get(nestCore.ModulesContainer).values()];
    const ours = modules.filter(({ name }) => name !== 'InternalCoreModule' && name !== 'RootTestModule');
    expect(ours.map(({ metatype }) => metatype)).toEqual([MevetoLogoutModule]);
    // Nest itself adds these to every module.
    const ofNest: unknown[] = [nestCore.ModuleRef, nestCore.ApplicationConfig];
    const tokens = ours.flatMap(({ providers }) => [...providers.keys()]);
    expect(tokens.filter((token) => foreign.has(token) && !ofNest.includes(token))).toEqual([]);
    const named = tokens.filter((token) => typeof token === 'string' || typeof token === 'symbol');
    expect(named).not.toHaveLength(0);
    for (const token of named) expect(String(token)).toMatch(/meveto[-_]logout|^APP_GUARD \(UUID/i);
    for (const token of [HttpService, SchedulerRegistry, 'AXIOS_INSTANCE_TOKEN', 'HTTP_MODULE_ID'])
      expect(() => testing.get(token)).toThrow(/could not find/);
  });
});
