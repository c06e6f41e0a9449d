import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

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
