import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { createMevetoLogoutTesting, type MevetoLogoutTesting } from 'nestjs-meveto-logout/testing';
import {
  type MevetoLogoutStaticOptions,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  MevetoLogoutService,
} from 'nestjs-meveto-logout';
import { defaultHttpAdapter, type HttpAdapterKind } from './http-adapters.js';
import { request } from '../network/raw-request.js';

/** The Meveto ID of the user `<id>` is `m-<id>`. */
export const GUARDED_USERS = [...Array(10).keys(), 'hello'].map((id) => ({
  id,
  mevetoId: `m-${String(id)}`,
}));

export interface GuardedHostOptions {
  readonly adapter?: HttpAdapterKind;
  readonly options: Pick<MevetoLogoutOptions, 'session'> & Partial<MevetoLogoutOptions>;
  readonly extras?: MevetoLogoutStaticOptions;
  /** The application: its controllers, resolvers, gateways. */
  readonly metadata: ModuleMetadata;
  /** Replaces parts of the module. */
  readonly override?: (testing: TestingModuleBuilder) => void;
  /** Called before the application listens. */
  readonly prepare?: (app: INestApplication) => unknown;
}

/**
 * A small application with the module on a memory store with {@link GUARDED_USERS}, and a Meveto beside it.
 */
export class GuardedHost {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    private readonly meveto: MevetoLogoutTesting,
  ) {}

  static async start({
    adapter = defaultHttpAdapter,
    options,
    extras,
    metadata,
    override,
    prepare,
  }: GuardedHostOptions): Promise<GuardedHost> {
    const meveto = await createMevetoLogoutTesting({ users: GUARDED_USERS, keepStore: true });
    const module = MevetoLogoutModule.forRoot({
      clientId: 'replaced',
      clientSecret: 'replaced-by-the-test-kit',
      store: meveto.store,
      ...options,
      ...extras,
    });
    const builder = Test.createTestingModule({ imports: [module, hostModule(metadata)] });
    meveto.useIn(builder);
    override?.(builder);
    const testing = await builder.compile();
    const http = adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = testing.createNestApplication(http, { logger: false, forceCloseConnections: true });
    await prepare?.(app);
    await app.listen(0, '127.0.0.1');
    return new GuardedHost(app, await app.getUrl(), meveto);
  }

  get service(): MevetoLogoutService {
    return this.app.get(MevetoLogoutService);
  }

  /** Logs a user out at Meveto, and waits until this process has applied the logout. */
  logOut(userId: string | number): Promise<void> {
    return this.meveto.logOut({ id: userId, mevetoId: `m-${String(userId)}` });
  }

  /** Sends a request with exactly these headers. A body is sent as JSON. */
  request(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
    return request(method, this.url + path, headers, body);
  }

  async end(): Promise<void> {
    await this.app.close();
    await this.meveto.close();
  }
}

function hostModule(metadata: ModuleMetadata) {
  @Module(metadata)
  class HostModule {}
  return HostModule;
}
