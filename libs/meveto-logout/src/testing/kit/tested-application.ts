import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ModuleRef, HttpAdapterHost } from '@nestjs/core';
import { KeyedDigest } from '../../core/index.js';
import { MEVETO_OPTIONS, type ResolvedMeveto, WebhookReader } from '../../meveto/index.js';
import { MevetoLogoutService } from '../../meveto-logout.service.js';
import { JOB_STATES, type JobRecord } from '../../store/index.js';

const LOOPBACK = '127.0.0.1';
const NOT_CREATED =
  'The application has no HTTP server yet. Call createNestApplication() of the testing module, and then app.init() or app.listen(0).';

/** Fastify serves nothing before it is ready. */
interface FastifyInstance {
  ready(): PromiseLike<unknown>;
}

/** An application that uses the kit. */
export class TestedApplication {
  #origin: Promise<string> | undefined;

  /** @param module of the application's `MevetoLogoutModule` */
  constructor(private readonly module: ModuleRef) {}

  /**
   * The origin of the application. Listens on a free port of 127.0.0.1 if the application does not listen.
   * @throws {Error} when the application was not created yet
   */
  readonly origin = (): Promise<string> => (this.#origin ??= this.#listen());

  /** The URL of the webhook, with its secret. */
  async webhookUrl(): Promise<string> {
    const origin = await this.origin();
    const { webhook } = this.module.get<ResolvedMeveto>(MEVETO_OPTIONS, { strict: false });
    const route = this.module.get(WebhookReader, { strict: false }).route ?? '/';
    return origin + route.replace(/:secret$/, webhook.secretPath ?? '');
  }

  /** Finds the job of a token. */
  async jobOf(userToken: string): Promise<JobRecord | undefined> {
    const digest = this.module.get(KeyedDigest, { strict: false }).ofToken(userToken);
    for (const state of JOB_STATES) {
      const { jobs } = await this.#service.listJobs({ state });
      const found = jobs.find(({ digestPrefix }) => digest.startsWith(digestPrefix));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Makes a job due that waits after a failed attempt. */
  async retry({ id }: JobRecord): Promise<void> {
    await this.#service.retryJob(id);
  }

  get #service(): MevetoLogoutService {
    return this.module.get(MevetoLogoutService, { strict: false });
  }

  async #listen(): Promise<string> {
    const { httpAdapter } = this.module.get<HttpAdapterHost, Partial<HttpAdapterHost>>(HttpAdapterHost, {
      strict: false,
    });
    if (httpAdapter === undefined) throw new Error(NOT_CREATED);
    await httpAdapter.getInstance<Partial<FastifyInstance>>().ready?.();
    const server = httpAdapter.getHttpServer() as Server;
    if (!server.listening) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(0, LOOPBACK, resolve);
      });
    }
    const { address, port } = server.address() as AddressInfo;
    const host = ['::', '0.0.0.0'].includes(address) ? LOOPBACK : address;
    return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  }
}
