import { type CanActivate, type ExecutionContext, Inject, Injectable, Module } from '@nestjs/common';
import type { NestApplicationOptions, Provider } from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector, RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { MevetoLogoutModule, MevetoLogoutService, requestUser } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { hostileHost } from '../support/hosts/hostile-host.js';
import type { HostApp } from '../support/hosts/http-adapters.js';
import { urlOf } from '../support/hosts/host-app.js';
import { post, rawHttp } from '../support/network/raw-http.js';

const SECRET = 'a-Secret-of-thirty-characters-1';
const WRONG = 'a-Secret-of-thirty-characters-2';
const OWN = '/meveto/webhook';
/** The proxy of the tests, 127.0.0.1, reports the address of the sender. */
const FROM_MEVETO = 'X-Forwarded-For: 198.51.100.7';
const FROM_ELSEWHERE = 'X-Forwarded-For: 198.51.100.8';
const LARGE = JSON.stringify({ type: 'User_Logged_Out', user_token: 't', padding: 'x'.repeat(20_000) });

let tokens = 0;
const webhook = () => JSON.stringify({ type: 'User_Logged_Out', user_token: `t-${String((tokens += 1))}` });

/** Other spellings of a path that some router, proxy or middleware may treat as the same path. */
const SPELLINGS: readonly [string, (path: string) => string][] = [
  ['as it is', (path) => path],
  ['with a query', (path) => `${path}?a=1`],
  ['with a trailing slash', (path) => `${path}/`],
  ['with two trailing slashes', (path) => `${path}//`],
  ['with doubled slashes', (path) => path.replaceAll('/', '//')],
  ['with a leading double slash', (path) => `/${path}`],
  ['in upper case', (path) => path.replace('meveto/webhook', 'MEVETO/WEBHOOK')],
  ['in mixed case', (path) => path.replace('webhook', 'webHook')],
  ['with an encoded letter', (path) => path.replace('webhook', '%77ebhook')],
  ['with an encoded letter of the secret', (path) => path.replace('a-Secret', 'a-%53ecret')],
  ['with a letter encoded twice', (path) => path.replace('webhook', '%2577ebhook')],
  ['with an encoded slash', (path) => path.replace('meveto/', 'meveto%2F')],
  ['with backslashes', (path) => path.replace('meveto/', 'meveto\\')],
  ['with a parameter', (path) => `${path};a=1`],
  ['with a parameter inside', (path) => path.replace('webhook', 'webhook;a=1')],
  ['with a fragment', (path) => `${path}#a`],
  ['with a single dot', (path) => path.replace('meveto/', 'meveto/./')],
  ['with two dots', (path) => path.replace('meveto/', 'meveto/x/../')],
  ['with encoded dots', (path) => path.replace('meveto/', 'meveto/x/%2e%2e/')],
  ['with an encoded space at the end', (path) => `${path}%20`],
  ['with a null character at the end', (path) => `${path}%00`],
  ['with a segment more', (path) => `${path}/more`],
  ['with a version', (path) => `/v2${path}`],
  ['as an absolute URL', (path) => `http://localhost${path}`],
  ['without its beginning', (path) => path.slice(path.indexOf(OWN))],
];

/** Requests that must not be accepted, for a path with the secret and the same with a wrong one. */
const BAD: readonly [string, (path: string, wrong: string) => (string | Buffer)[]][] = [
  ['a body of 20 kB', (path) => post(path, LARGE, [FROM_MEVETO])],
  [
    'a body of 20 kB in chunks',
    (path) => [
      ...post(path, '', [FROM_MEVETO, 'Transfer-Encoding: chunked']).slice(0, 1),
      `${LARGE.length.toString(16)}\r\n${LARGE}\r\n0\r\n\r\n`,
    ],
  ],
  ['a wrong secret', (_path, wrong) => post(wrong, webhook(), [FROM_MEVETO])],
  ['a foreign address', (path) => post(path, webhook(), [FROM_ELSEWHERE])],
  [
    'another method',
    (path) => {
      const [head = '', body = ''] = post(path, webhook(), [FROM_MEVETO, 'X-HTTP-Method-Override: POST']);
      return [String(head).replace('POST', 'PUT'), body];
    },
  ],
];

/** Lets the routes pass that are marked as public, as guards of applications do. */
@Injectable()
class ClosedByDefault implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride('isPublic', [context.getHandler(), context.getClass()]) === true;
  }
}

interface Way {
  /** The path before the webhook's own; '' by default. */
  readonly at?: string;
  /** A path of RouterModule: the requests reach Nest's router. */
  readonly below?: string;
  readonly express?: Readonly<Record<string, unknown>>;
  readonly fastify?: object;
  readonly nest?: NestApplicationOptions;
  readonly providers?: readonly Provider[];
  readonly configure?: (app: HostApp) => void;
  /** Fastify itself refuses forms without Nest's parsers. */
  readonly refusesForms?: true;
  /** The server that receives the requests of an application on Express. */
  readonly parentOf?: (application: express.Express) => express.Express;
}

const ADMIN: Way = { at: '/admin', below: 'admin' };

interface Rewritable {
  url: string;
  method: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const rewriteUrl = ({ url }: { readonly url?: string }): string =>
  (url ?? '').replace(/^(https?:\/\/[^/]*)?\/hook\//, `$1/`);

const overrideMethod = (app: HostApp): unknown =>
  app.use((request: Rewritable, _response: unknown, next: () => void) => {
    const method = request.headers['x-http-method-override'];
    if (typeof method === 'string') request.method = method;
    next();
  });

const WAYS: Readonly<Record<'express' | 'fastify', Readonly<Record<string, Way>>>> = {
  express: {
    'by default': {},
    'with strict routes': { ...ADMIN, express: { 'case sensitive routing': true, 'strict routing': true } },
    'below a parent': { at: '/app', parentOf: (application) => express().use('/app', application) },
    'below a parent that parses bodies': {
      at: '/app',
      parentOf: (application) => express().use(express.json(), express.urlencoded()).use('/app', application),
    },
    'with a rewritten URL': {
      at: '/hook',
      configure: (app) => {
        app.use((request: Rewritable, _response: unknown, next: () => void) => {
          request.url = rewriteUrl(request);
          next();
        });
      },
    },
  },
  fastify: {
    'by default': {},
    'with lenient routes': {
      ...ADMIN,
      fastify: {
        routerOptions: {
          caseSensitive: false,
          ignoreTrailingSlash: true,
          ignoreDuplicateSlashes: true,
          useSemicolonDelimiter: true,
        },
      },
    },
    'with a rewritten URL': { at: '/hook', fastify: { rewriteUrl } },
  },
};

const COMMON_WAYS: Readonly<Record<string, Way>> = {
  'below a global prefix': { at: '/api', configure: (app) => app.setGlobalPrefix('api') },
  'below a path of RouterModule': ADMIN,
  'with a method override': { ...ADMIN, configure: overrideMethod },
  'without body parsers': { ...ADMIN, nest: { bodyParser: false }, refusesForms: true },
  'with raw bodies': { ...ADMIN, nest: { rawBody: true } },
  'behind a guard': { ...ADMIN, providers: [{ provide: APP_GUARD, useClass: ClosedByDefault }] },
  'with hostile pipes, interceptors, filters and versions': {
    ...ADMIN,
    at: '/api/admin',
    // All providers of the hostile application but its guard, which lets nothing pass.
    providers: (hostileHost.metadata?.providers ?? []).filter(
      (provider) => !('provide' in provider && provider.provide === APP_GUARD),
    ),
    ...(hostileHost.configure && { configure: hostileHost.configure }),
  },
};

async function start(kind: 'express' | 'fastify', way: Way): Promise<HostApp> {
  @Module({
    imports: [
      MevetoLogoutModule.forRoot({
        clientId: 'ways',
        clientSecret: 'client-secret-of-the-ways-0123456789',
        apiUrl: 'http://127.0.0.1:9',
        store: memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }),
        session: requestUser(),
        webhook: { secretPath: SECRET, allowFrom: ['198.51.100.7'] },
        livePush: false,
      }),
      ...(way.below === undefined
        ? []
        : [RouterModule.register([{ path: way.below, module: MevetoLogoutModule }])]),
    ],
    providers: [...(way.providers ?? [])],
  })
  class ApplicationModule {}

  const options = { logger: false, forceCloseConnections: true, ...way.nest } as const;
  const app =
    kind === 'express'
      ? await NestFactory.create(ApplicationModule, new ExpressAdapter(expressOf(way)), options)
      : await NestFactory.create(
          ApplicationModule,
          new FastifyAdapter({ trustProxy: 'loopback', forceCloseConnections: true, ...way.fastify }),
          options,
        );
  way.configure?.(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

function expressOf(way: Way): express.Express {
  const server = express().set('trust proxy', 'loopback');
  for (const [setting, value] of Object.entries(way.express ?? {})) server.set(setting, value);
  return server;
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

describe.each(
  (['express', 'fastify'] as const).flatMap((kind) =>
    Object.entries({ ...WAYS[kind], ...COMMON_WAYS }).map(([name, way]) => [name, kind, way] as const),
  ),
)('the webhook %s on %s', (_name, kind, way) => {
  const path = `${way.at ?? ''}${OWN}/${SECRET}`;
  let app: HostApp;
  let url: string;
  let parent: ReturnType<express.Express['listen']> | undefined;
  beforeAll(async () => {
    app = await start(kind, way);
    url = await urlOf(app);
    if (way.parentOf === undefined) return;
    const server = way.parentOf(app.getHttpAdapter().getInstance() as express.Express);
    const listening = server.set('trust proxy', 'loopback').listen(0, '127.0.0.1');
    parent = listening;
    await new Promise((resolve) => listening.once('listening', resolve));
    url = `http://127.0.0.1:${String((listening.address() as { port: number }).port)}`;
  });
  afterAll(async () => {
    parent?.closeAllConnections();
    parent?.close();
    await app.close();
  });
  const jobs = async (): Promise<number> => {
    const { calls } = await app.get(MevetoLogoutService).status();
    return Object.values(calls).reduce((sum, count) => sum + count, 0);
  };

  it('accepts no large body, no wrong secret, no foreign address and no other method, however its path is spelled', async () => {
    const accepted: string[] = [];
    for (const [spelling, spell] of SPELLINGS) {
      await Promise.all(
        BAD.map(async ([what, request]) => {
          const { status } = await rawHttp(url, request(spell(path), spell(path.replace(SECRET, WRONG))));
          if (isSuccess(status) || status === 0) accepted.push(`${what} ${spelling}: ${String(status)}`);
        }),
      );
    }
    expect(accepted).toEqual([]);
    expect(await jobs()).toBe(0);
  });

  it('accepts proper requests, and stores a job for each', async () => {
    const fields = new URLSearchParams(JSON.parse(webhook()) as Record<string, string>).toString();
    const form = ['Content-Type: application/x-www-form-urlencoded', FROM_MEVETO];
    const requests = [post(path, webhook(), [FROM_MEVETO])];
    if (kind === 'express' || way.refusesForms !== true) requests.push(post(path, fields, form));
    for (const request of requests) {
      const { status, body } = await rawHttp(url, request);
      expect([status, body]).toEqual([202, '{"status":"accepted"}']);
    }
    const spelled = await Promise.all(
      SPELLINGS.map(
        async ([, spell]) => (await rawHttp(url, post(spell(path), webhook(), [FROM_MEVETO]))).status,
      ),
    );
    expect(spelled.filter((status) => status >= 500 && way.configure !== hostileHost.configure)).toEqual([]);
    expect(await jobs()).toBe(requests.length + spelled.filter(isSuccess).length);
  });
});
