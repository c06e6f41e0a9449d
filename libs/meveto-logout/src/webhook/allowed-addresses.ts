import { type BlockList, isIP } from 'node:net';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';

const REPORT_EVERY_MS = 60_000;
/** Of a network that documentation has for its examples (RFC 5737), and more hops away than anybody's proxies. */
const STRANGER = '203.0.113.1';
const FAR_HOP = 100;

/** Who may call the webhook, by address: everybody, unless `webhook.allowFrom` says otherwise. */
@Injectable()
export class AllowedAddresses implements OnApplicationBootstrap {
  readonly #logger = new Logger('MevetoLogout');
  readonly #allowed: BlockList | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    this.#allowed = options.webhook.allowFrom;
  }

  /** By then the application has set what it sets after it was created. */
  onApplicationBootstrap(): void {
    if (this.#allowed === undefined || !believesStrangers(this.host)) return;
    this.#logger.warn(
      'webhook.allowFrom protects nothing: Express trusts every proxy, so that anybody may name any address in X-Forwarded-For. ' +
        "Set 'trust proxy' to your proxy's address or to the number of hops, not to true.",
    );
  }

  /** Whether this address may call. One that may not is counted, and named in the log once a minute at most. */
  admit(address: string | undefined): boolean {
    if (this.#allowed === undefined) return true;
    if (address !== undefined && isListed(this.#allowed, address)) return true;
    this.counters.add('webhook_address_refused');
    this.#report(address);
    return false;
  }

  #report(address: string | undefined): void {
    if (performance.now() - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = performance.now();
    const sender = address !== undefined && isIP(address) !== 0 ? address : 'an unknown address';
    this.#logger.warn(
      `A webhook call from ${sender} was refused: webhook.allowFrom does not have it. If that is your own proxy, tell ` +
        'the HTTP adapter to trust it (Express: trust proxy, Fastify: trustProxy), by its address or the number of hops.',
    );
  }
}

interface Express {
  get(setting: 'trust proxy fn'): ((address: string, hop: number) => unknown) | undefined;
}

/** Of Express, which shows what it trusts; Fastify does not. */
function believesStrangers({ httpAdapter }: HttpAdapterHost): boolean {
  const adapter = httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
  if (adapter?.getType() !== 'express') return false;
  const trusts = adapter.getInstance<Express>().get('trust proxy fn');
  return trusts?.(STRANGER, FAR_HOP) === true;
}

/** IPv4 in IPv6 clothes is IPv4 to a BlockList; a zone (`fe80::1%eth0`) is no part of an address. */
function isListed(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
