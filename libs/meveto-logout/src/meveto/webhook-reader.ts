import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { MevetoEvents } from '../core/index.js';
import { mevetoEvents } from './events.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';
import { WEBHOOK_PATH } from './tokens.js';
import { type NodeRequest, WebhookRequest } from './webhook-request.js';

type Next = (error?: unknown) => void;

interface Paths {
  /** A part of every URL that `exact` or `alike` accepts. It refuses most URLs of the application at once. */
  readonly hint: RegExp;
  /** The only path of the webhook, with an optional segment after it. */
  readonly exact: RegExp;
  /** Paths that a router may treat as the webhook's path: with and without the global prefix, and all paths below. */
  readonly alike: readonly RegExp[];
}

/**
 * Serves the webhook's path before any code of the application runs. A body parser of the application could accept larger
 * bodies, wait longer, or quote the body in errors. Guards, pipes, interceptors and filters could refuse or rewrite requests.
 * Both HTTP adapters run this middleware first, because it is registered while providers are created. A hook of Fastify's own
 * would cost a microsecond less per request, but would run after the middleware of the application. Requests that reach the webhook's route on another way are served by `MevetoWebhookController`.
 */
@Injectable()
export class WebhookReader implements OnApplicationBootstrap {
  #cached: Paths | undefined;

  constructor(
    @Inject(WEBHOOK_PATH) private readonly path: string,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(MEVETO_OPTIONS) private readonly options: ResolvedMeveto,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(WebhookRequest) private readonly webhook: WebhookRequest,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
  ) {
    // The event comes at once in an application, and later in a testing module, but always before the body parser.
    host.init$.subscribe(() => {
      const adapter = host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
      adapter?.use((request: NodeRequest, response: ServerResponse, next: Next) => {
        this.#handle(request, response, next);
      });
    });
  }

  onApplicationBootstrap(): void {
    if (process.env['NODE_ENV'] !== 'production' || this.options.webhook.secretPath !== undefined) return;
    // A worker process without an HTTP server has no webhook.
    if (!(this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined)) return;
    this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_WITHOUT_SECRET);
  }

  /** The route of the webhook, with the global prefix and without the secret. Undefined without an HTTP server. */
  get route(): string | undefined {
    if (!(this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined)) return undefined;
    const prefix = this.#isWithoutPrefix() ? '' : this.application.getGlobalPrefix();
    const secret = this.options.webhook.secretPath === undefined ? '' : '/:secret';
    return `/${partsOf(`${prefix}/${this.path}`).join('/')}${secret}`;
  }

  #handle(request: NodeRequest, response: ServerResponse, next: Next): void {
    const isPost = request.method === 'POST';
    if (isPost) this.webhook.markPost(request);
    const match = this.#match(request.originalUrl ?? request.url ?? '', request.baseUrl);
    if (match === undefined || (!isPost && !this.#isOpen(match))) next();
    else if (match === 'alike') this.webhook.refuseSpelling(request, response);
    else void this.webhook.serve(request, response, match.segment);
  }

  #isOpen(match: Match): boolean {
    return match !== 'alike' && this.webhook.opens(match.segment);
  }

  /**
   * Compares the URL of a request with the webhook's path.
   * @param baseUrl path of the application in a parent application, from Express
   */
  #match(url: string, baseUrl = ''): Match | undefined {
    const { hint, exact, alike } = (this.#cached ??= this.#paths());
    if (!hint.test(url)) return undefined;
    const path = below(baseUrl, url.split('?', 1)[0] ?? '');
    const [, base, segment] = exact.exec(path) ?? [];
    if (base !== undefined) return { segment };
    const normal = normalized(path);
    return alike.some((each) => each.test(normal)) ? 'alike' : undefined;
  }

  /** Available only once the application runs: the global prefix is set after the providers are created. */
  #paths(): Paths {
    const prefix = this.application.getGlobalPrefix();
    const own = pattern(this.path);
    const prefixed = pattern(`${prefix}/${this.path}`);
    const base = this.#isWithoutPrefix() ? own : prefixed;
    return {
      hint: new RegExp(`%|${hintOf(this.path)}`, 'i'),
      exact: new RegExp(`^(${base})(?:/([^/]+))?$`),
      alike: [own, prefixed].map((each) => new RegExp(`^${each}(?:/|$)`, 'i')),
    };
  }

  #isWithoutPrefix(): boolean {
    const route = this.options.webhook.secretPath === undefined ? this.path : `${this.path}/:segment`;
    const path = `/${route.split('/').filter(Boolean).join('/')}`;
    return (this.application.getGlobalPrefixOptions().exclude ?? []).some(
      ({ requestMethod, pathRegex }) => EXCLUDED_METHODS.has(requestMethod) && pathRegex.test(path),
    );
  }
}

/**
 * The webhook's path, with the segment after it. `'alike'`: a path below it, or the path in another spelling (case, slashes,
 * percent-encoding). Routers accept different spellings, so only one counts.
 */
type Match = 'alike' | { readonly segment: string | undefined };

const EXCLUDED_METHODS: ReadonlySet<number> = new Set([RequestMethod.POST, RequestMethod.ALL, -1]);

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** The source of a regular expression for a path. A prefix may contain parameters. */
const pattern = (path: string): string =>
  partsOf(path)
    .map((part) => `/${part.startsWith(':') ? '[^/]+' : escaped(part)}`)
    .join('');

/** The source of a regular expression for the last part of a path that is not a parameter. */
const hintOf = (path: string): string =>
  escaped(partsOf(path).findLast((part) => !part.startsWith(':')) ?? '');

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Removes `baseUrl` from the start of a path, also after a scheme and a host. Returns any other path unchanged. */
function below(baseUrl: string, path: string): string {
  const origin = ORIGIN.exec(path)?.[0] ?? '';
  const local = path.slice(origin.length);
  return local.startsWith(baseUrl) ? origin + local.slice(baseUrl.length) : path;
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i;

/** Normalizes a path like the most lenient router: decoded, without scheme, host, parameters and repeated slashes. */
function normalized(path: string): string {
  const local = path.replace(ORIGIN, '');
  return decoded(local)
    .split(/[?#;]/, 1)
    .join('')
    .replace(/[/\\]+/g, '/');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
