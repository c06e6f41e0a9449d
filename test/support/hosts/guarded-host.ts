import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import {
  type MevetoLogoutStaticOptions,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  MevetoLogoutService,
} from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { defaultHttpAdapter, type HttpAdapterKind } from './http-adapters.js';
import { request } from '../network/raw-request.js';
import { until } from '../until.js';

const CLIENT = { clientId: 'test-client', clientSecret: 'test-client-secret-0123456789' };

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
          store: memoryStore({ users: GUARDED_USERS }),
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

  /** Logs a user out at Meveto, and waits until this process has applied the logout. */
  async logOut(userId: string | number): Promise<void> {
    const before = (await this.service.status()).calls.applied;
    const webhook = {
      type: 'User_Logged_Out',
      user_token: this.meveto.issueUserToken(`m-${String(userId)}`),
    };
    const answer = await this.request('POST', '/meveto/webhook', {}, webhook);
    if (answer.status !== 202) throw new Error(`webhook: ${String(answer.status)} ${answer.text}`);
    await until('the logout is applied', async () => (await this.service.status()).calls.applied > before);
  }

  /** Sends a request with exactly these headers. A body is sent as JSON. */
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
