import { type BlockList, isIP } from 'node:net';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Counters } from '../core/index.js';
import { trustOfEveryProxy } from './trusted-proxies.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';

const REPORT_EVERY_MS = 60_000;

/** Checks the address of a sender against `webhook.allowFrom`. Without this option every address may send webhooks. */
@Injectable()
export class AllowedAddresses implements OnApplicationBootstrap {
  readonly #logger = new Logger('MevetoLogout');
  readonly #allowed: BlockList | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #isFirstRequest = true;
  #hasWarnedOfTrust = false;

  constructor(
    @Inject(MEVETO_OPTIONS) options: ResolvedMeveto,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    this.#allowed = options.webhook.allowFrom;
  }

  /** By this time most applications have made their settings, such as `trust proxy`. */
  onApplicationBootstrap(): void {
    this.#warnOfTrust();
  }

  /** Returns whether this address may send webhooks. Counts each refusal, and logs one address at most once a minute. */
  admit(address: string | undefined): boolean {
    // Below a parent application the parent's setting counts. The setting is known once the parent has mounted the application.
    if (this.#isFirstRequest) this.#warnOfTrust();
    this.#isFirstRequest = false;
    if (this.#allowed === undefined) return true;
    if (address !== undefined && isListed(this.#allowed, address)) return true;
    this.counters.add('webhook_address_refused');
    this.#report(address);
    return false;
  }

  #warnOfTrust(): void {
    const trust = this.#hasWarnedOfTrust ? undefined : trustOfEveryProxy(this.host);
    if (trust === undefined) return;
    this.#hasWarnedOfTrust = true;
    const { adapter, setting, remedy } = trust;
    this.#logger.warn(
      `${this.#allowed === undefined ? '' : 'webhook.allowFrom protects nothing: '}${adapter} trusts every proxy. Any client can ` +
        'claim any address in X-Forwarded-For, also the address of a known sender. ' +
        `Set ${setting} to ${remedy}, not to true.`,
    );
  }

  #report(address: string | undefined): void {
    if (performance.now() - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = performance.now();
    const sender = address !== undefined && isIP(address) !== 0 ? address : 'an unknown address';
    this.#logger.warn(
      `A webhook request from ${sender} was refused: webhook.allowFrom does not list this address. If this is your own ` +
        'proxy, configure the HTTP adapter to trust the proxy by its address (Express: trust proxy, Fastify: trustProxy).',
    );
  }
}

/** A BlockList treats an IPv4-mapped IPv6 address as IPv4. A zone (`fe80::1%eth0`) is not part of the address. */
function isListed(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
