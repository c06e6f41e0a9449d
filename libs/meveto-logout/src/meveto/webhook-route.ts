import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';
import { WEBHOOK_PATH } from './tokens.js';

interface Paths {
  /** The only path of the webhook, with an optional secret segment after it. */
  readonly exact: RegExp;
  /** Paths that a router may treat as the webhook's path: with and without the global prefix, and all paths below. */
  readonly alike: readonly RegExp[];
}

/** Matches request URLs against the path and the secret segment of the webhook. */
@Injectable()
export class WebhookRoute implements OnApplicationBootstrap {
  #cached: Paths | undefined;

  constructor(
    @Inject(WEBHOOK_PATH) private readonly path: string,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(MEVETO_OPTIONS) private readonly options: ResolvedMeveto,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    if (process.env['NODE_ENV'] !== 'production' || this.options.webhook.secretPath !== undefined) return;
    // A worker process without an HTTP server has no webhook.
    if (!(this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined)) return;
    new Logger('MevetoLogout').warn(
      'webhook.secretPath is not set: anyone can send webhooks. Another application that is registered with Meveto can send the ' +
        'token of a person here as Meveto_Protection_Removed, and that clears the Meveto ID of the person. Set webhook.secretPath, and ' +
        'register the new URL with Meveto. See docs/protocol.md.',
    );
  }

  /**
   * Compares the URL of a request with the webhook's. 'open' when they match. 'hidden' when the secret is missing or wrong, or
   * when the path has another spelling (case, slashes, percent-encoding): routers accept different spellings, so only one
   * counts. Undefined for any other path.
   * @param baseUrl path of the application in a parent application, from Express
   */
  match(url: string, baseUrl = ''): 'open' | 'hidden' | undefined {
    const { exact, alike } = (this.#cached ??= this.#paths());
    const path = below(baseUrl, url.split('?', 1)[0] ?? '');
    const [, base, segment] = exact.exec(path) ?? [];
    if (base !== undefined && this.opens(segment)) return 'open';
    const normal = normalized(path);
    return alike.some((each) => each.test(normal)) ? 'hidden' : undefined;
  }

  /** Returns whether the last segment (undefined: none) is the right one. Compares in constant time. */
  opens(segment: string | undefined): boolean {
    const { secretPath } = this.options.webhook;
    if (secretPath === undefined) return segment === undefined;
    return segment !== undefined && timingSafeEqual(sha256(segment), sha256(secretPath));
  }

  /** Available only once the application runs: the global prefix is set after the providers are created. */
  #paths(): Paths {
    const prefix = this.application.getGlobalPrefix();
    const own = pattern(this.path);
    const prefixed = pattern(`${prefix}/${this.path}`);
    const base = this.#isWithoutPrefix() ? own : prefixed;
    return {
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

const EXCLUDED_METHODS: ReadonlySet<number> = new Set([RequestMethod.POST, RequestMethod.ALL, -1]);

/** The source of a regular expression for a path. A prefix may contain parameters. */
const pattern = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => `/${part.startsWith(':') ? '[^/]+' : escaped(part)}`)
    .join('');

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

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
