import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS, WEBHOOK_PATH } from '../tokens.js';

/** Where the webhook is, and who may know it. */
@Injectable()
export class WebhookRoute {
  #bases: readonly string[] | undefined;

  constructor(
    @Inject(WEBHOOK_PATH) private readonly path: string,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Whether the path of a request is the webhook's: 'open' to go on, 'hidden' when the secret is missing or wrong,
   * undefined for any other path.
   */
  match(url: string): 'open' | 'hidden' | undefined {
    const path = trimmed(url.split('?', 1)[0] ?? '');
    for (const base of this.#knownBases()) {
      if (path.toLowerCase() === base) return this.opens(undefined) ? 'open' : 'hidden';
      if (path.toLowerCase().startsWith(`${base}/`)) {
        const rest = path.slice(base.length + 1);
        return this.opens(rest) ? 'open' : 'hidden';
      }
    }
    return undefined;
  }

  /** Whether this last segment (none: undefined) is the right one. Compared in constant time. */
  opens(segment: string | undefined): boolean {
    const { secretPath } = this.options.webhook;
    if (secretPath === undefined) return segment === undefined;
    return segment !== undefined && timingSafeEqual(sha256(segment), sha256(secretPath));
  }

  /** The route with and without the global prefix, which the application may exclude it from. Known only once it runs. */
  #knownBases(): readonly string[] {
    this.#bases ??= [
      trimmed(`/${this.path}`).toLowerCase(),
      trimmed(`/${this.application.getGlobalPrefix()}/${this.path}`).toLowerCase(),
    ];
    return this.#bases;
  }
}

/** One leading slash, no trailing one, none doubled. */
const trimmed = (path: string): string =>
  `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
