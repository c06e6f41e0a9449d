import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP, isIPv6 } from 'node:net';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { MevetoEvents } from '../core/index.js';
import { mevetoEvents } from './events.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';

/** Checks the address of a sender against `webhook.allowFrom`. Without this option every address may send webhooks. */
@Injectable()
export class AllowedAddresses implements OnApplicationBootstrap {
  readonly #allowed: BlockList | undefined;
  #isFirstRequest = true;

  constructor(
    @Inject(MEVETO_OPTIONS) options: ResolvedMeveto,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    this.#allowed = options.webhook.allowFrom;
  }

  /** By this time most applications have made their settings, such as `trust proxy`. */
  onApplicationBootstrap(): void {
    this.#warnOfTrust();
  }

  /** Returns whether this address may send webhooks. Reports each refusal. */
  admit(address: string | undefined): boolean {
    // Below a parent application the parent's setting counts. The setting is known once the parent has mounted the application.
    if (this.#isFirstRequest) this.#warnOfTrust();
    this.#isFirstRequest = false;
    if (this.#allowed === undefined) return true;
    if (address !== undefined && isListed(this.#allowed, address)) return true;
    const sender = address !== undefined && isIP(address) !== 0 ? address : 'an unknown address';
    this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_ADDRESS_REFUSED, { sender });
    return false;
  }

  #warnOfTrust(): void {
    const trust = trustOfEveryProxy(this.host);
    if (trust === undefined) return;
    const consequence = this.#allowed === undefined ? '' : 'webhook.allowFrom protects nothing: ';
    this.emitter.emit(mevetoEvents.MEVETO_EVERY_PROXY_TRUSTED, { ...trust, consequence });
  }
}

/** A BlockList treats an IPv4-mapped IPv6 address as IPv4. A zone (`fe80::1%eth0`) is not part of the address. */
function isListed(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Returns the address of a request's sender, without the port that some proxies add in X-Forwarded-For. Express and Fastify
 * derive `ip` from that header. They trust no address with a port, so that `ip` may be the address of a trusted proxy.
 */
export function senderAddressOf(request: SenderCarrier): string | undefined {
  const { ip = request.socket.remoteAddress } = request;
  if (ip === undefined) return undefined;
  const address = withoutPort(ip);
  return address === ip ? ip : withoutPort(withoutPorts(request).ip ?? address);
}

type SenderCarrier = Pick<IncomingMessage, 'socket' | 'headers'> & { readonly ip?: string };

/** The same request without ports in the header. Express computes `ip` from the header on access; Fastify's `ip` stays. */
function withoutPorts(request: SenderCarrier): SenderCarrier {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((entry) => withoutPort(entry.trim()))
    .join(', ');
  const headers = { ...request.headers, 'x-forwarded-for': forwarded };
  return Object.create(request, { headers: { value: headers } }) as SenderCarrier;
}

/** Removes a port. An IPv6 address with a port needs brackets: without brackets the last group is part of the address. */
export function withoutPort(address: string): string {
  if (isIP(address) !== 0) return address;
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(address)?.[1];
  if (bracketed !== undefined) return isIPv6(bracketed) ? bracketed : address;
  // An IPv4 address, or an IPv4-mapped IPv6 address.
  const dotted = /^(.*\.\d{1,3}):\d{1,5}$/.exec(address)?.[1];
  return dotted !== undefined && isIP(dotted) !== 0 ? dotted : address;
}

/** Addresses from networks that are reserved for documentation (RFC 5737). */
const UNKNOWN_PROXY = '203.0.113.1';
const CLAIMED = '198.51.100.1';
/** More proxies in a row than any real deployment has. */
const FAR_HOP = 100;

/** The setting of an HTTP adapter for trusted proxies. */
interface TrustSetting {
  readonly adapter: 'Express' | 'Fastify';
  readonly setting: string;
  /** The value to set instead of true. */
  readonly remedy: string;
}

const EXPRESS: TrustSetting = {
  adapter: 'Express',
  setting: 'trust proxy',
  remedy: "your proxy's address or the number of hops",
};
const FASTIFY: TrustSetting = { adapter: 'Fastify', setting: 'trustProxy', remedy: "your proxy's address" };

/** Returns the setting if the HTTP adapter trusts every proxy, as with `true`; undefined otherwise. */
function trustOfEveryProxy({ httpAdapter }: HttpAdapterHost): TrustSetting | undefined {
  const adapter = httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
  const server: unknown = adapter?.getInstance();
  const type = adapter?.getType();
  try {
    if (type === 'express' && expressTrustsAll(server as Express)) return EXPRESS;
    if (type === 'fastify' && fastifyTrustsAll(server as object)) return FASTIFY;
  } catch {
    // Another version stores its setting elsewhere, or a function of the application failed.
  }
  return undefined;
}

interface Express {
  get(setting: 'trust proxy fn'): ((address: string, hop: number) => unknown) | undefined;
}

const expressTrustsAll = (server: Express): boolean =>
  Boolean(server.get('trust proxy fn')?.(UNKNOWN_PROXY, FAR_HOP));

type RequestClass = new (...parts: readonly unknown[]) => { readonly ip?: unknown };

/** Fastify does not expose the setting. A test request through many unknown proxies shows which address Fastify trusts. */
function fastifyTrustsAll(server: object): boolean {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'fastify.Request',
  );
  if (key === undefined) return false;
  const FastifyRequest = (server as Readonly<Record<symbol, RequestClass>>)[key];
  if (FastifyRequest === undefined) return false;
  const forwarded = [CLAIMED, ...Array<string>(FAR_HOP).fill(UNKNOWN_PROXY)].join(', ');
  const raw = { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress: UNKNOWN_PROXY } };
  return new FastifyRequest('probe', {}, raw, {}, undefined, undefined).ip === CLAIMED;
}
