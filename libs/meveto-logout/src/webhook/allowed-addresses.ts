import { type BlockList, isIP } from 'node:net';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';

const REPORT_EVERY_MS = 60_000;

/** Who may call the webhook, by address: everybody, unless `webhook.allowFrom` says otherwise. */
@Injectable()
export class AllowedAddresses {
  readonly #logger = new Logger('MevetoLogout');
  readonly #allowed: BlockList | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    this.#allowed = options.webhook.allowFrom;
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

/** IPv4 in IPv6 clothes is IPv4 to a BlockList; a zone (`fe80::1%eth0`) is no part of an address. */
function isListed(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
