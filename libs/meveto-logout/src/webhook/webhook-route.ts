import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, RequestMethod } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS, WEBHOOK_PATH } from '../tokens.js';

interface Paths {
  /** The one path that is the webhook's; a secret segment, if there is one, follows it. */
  readonly exact: RegExp;
  /** Everything that some router may take for it: with and without the global prefix, and whatever is below. */
  readonly alike: readonly RegExp[];
}

/** Where the webhook is, and who may know it. */
@Injectable()
export class WebhookRoute {
  #known: Paths | undefined;

  constructor(
    @Inject(WEBHOOK_PATH) private readonly path: string,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Whether the URL of a request is the webhook's: 'open' to go on; 'hidden' when the secret is missing or wrong, or the
   * path is written otherwise (case, slashes, percent-encoding: routers differ in what they let pass, so one form only is
   * right); undefined for any other path.
   */
  match(url: string): 'open' | 'hidden' | undefined {
    const { exact, alike } = (this.#known ??= this.#paths());
    const path = url.split('?', 1)[0] ?? '';
    const [, base, segment] = exact.exec(path) ?? [];
    if (base !== undefined && this.opens(segment)) return 'open';
    const normal = normalized(path);
    return alike.some((each) => each.test(normal)) ? 'hidden' : undefined;
  }

  /** Whether this last segment (none: undefined) is the right one. Compared in constant time. */
  opens(segment: string | undefined): boolean {
    const { secretPath } = this.options.webhook;
    if (secretPath === undefined) return segment === undefined;
    return segment !== undefined && timingSafeEqual(sha256(segment), sha256(secretPath));
  }

  /** Known only once the application runs: its global prefix is set after the providers are made. */
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

/** The source of a regular expression for a path; a prefix may have parameters. */
const pattern = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => `/${part.startsWith(':') ? '[^/]+' : escaped(part)}`)
    .join('');

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What the most lenient router makes of a path: decoded, without scheme, host, parameters and doubled slashes. */
function normalized(path: string): string {
  const local = path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
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
