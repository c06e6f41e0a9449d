import type { HttpAdapterHost } from '@nestjs/core';

/** Addresses from networks that are reserved for documentation (RFC 5737). */
const UNKNOWN_PROXY = '203.0.113.1';
const CLAIMED = '198.51.100.1';
/** More proxies in a row than any real deployment has. */
const FAR_HOP = 100;

/** The setting of an HTTP adapter for trusted proxies. */
export interface TrustSetting {
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
export function trustOfEveryProxy({ httpAdapter }: HttpAdapterHost): TrustSetting | undefined {
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
