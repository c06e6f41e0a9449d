import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { MevetoSimulator } from 'meveto-simulator';
import {
  memoryStore,
  type MevetoLogoutExtras,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  MevetoLogoutService,
} from 'nestjs-meveto-logout';
import { defaultHttpAdapter, type HttpAdapterKind } from './http-adapters.js';
import { request } from './raw-request.js';
import { until } from './until.js';

const CLIENT = { clientId: 'test-client', clientSecret: 'test-client-secret-0123456789' };

export interface GuardedHostOptions {
  readonly adapter?: HttpAdapterKind;
  readonly options: Pick<MevetoLogoutOptions, 'session'> & Partial<MevetoLogoutOptions>;
  readonly extras?: MevetoLogoutExtras;
  /** The application: its controllers, resolvers, gateways. */
  readonly metadata: ModuleMetadata;
  /** Replaces parts of the module. */
  readonly override?: (testing: TestingModuleBuilder) => void;
  /** Before the application listens. */
  readonly prepare?: (app: INestApplication) => unknown;
}

/**
 * A small application with the module on a memory store, and Meveto beside it. The person `m-<id>` at Meveto is the
 * application's user `<id>`.
 */
export class GuardedHost {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    private readonly meveto: MevetoSimulator,
  ) {}

  static async start({
    adapter = defaultHttpAdapter,
    options,
    extras,
    metadata,
    override,
    prepare,
  }: GuardedHostOptions): Promise<GuardedHost> {
    const application = {
      ...CLIENT,
      name: 'Host',
      webhookUrl: 'http://127.0.0.1:9/',
      homeUrl: 'http://127.0.0.1:9/',
    };
    const meveto = new MevetoSimulator({ applications: [application] });
    await meveto.start();
    const builder = Test.createTestingModule({
      imports: [
        MevetoLogoutModule.forRoot({
          ...CLIENT,
          apiUrl: meveto.url,
          store: memoryStore({ users: { findByMevetoId: (id) => id.replace(/^m-/, '') } }),
          ...options,
          ...extras,
        }),
        hostModule(metadata),
      ],
    });
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

  /** Logs a person out at Meveto, and waits until this process has done so too. */
  async logOut(userId: string | number): Promise<void> {
    const before = (await this.service.status()).calls.applied;
    const call = { type: 'User_Logged_Out', user_token: this.meveto.issueUserToken(`m-${String(userId)}`) };
    const answer = await this.request('POST', '/meveto/webhook', {}, call);
    if (answer.status !== 202) throw new Error(`webhook: ${String(answer.status)} ${answer.text}`);
    await until('the logout is applied', async () => (await this.service.status()).calls.applied > before);
  }

  /** As any HTTP client, with exactly these headers. A body is sent as JSON. */
  request(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
    return request(method, this.url + path, headers, body);
  }

  async end(): Promise<void> {
    await this.app.close();
    await this.meveto.stop();
  }
}

function hostModule(metadata: ModuleMetadata) {
  @Module(metadata)
  class HostModule {}
  return HostModule;
}
