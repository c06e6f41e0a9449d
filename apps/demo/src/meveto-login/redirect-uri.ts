import { isLoopbackHost } from '../config/loopback.js';

const PATH = '/meveto/redirect';

/**
 * The address to which Meveto redirects the browser. Without a configured origin, the request's own host is trusted
 * only if it is a loopback one: an attacker could send any other.
 * @param host the request's `Host`
 * @returns undefined when no address can be trusted
 */
export function redirectUri(publicUrl: string | undefined, host: string | undefined): string | undefined {
  if (publicUrl !== undefined) return publicUrl + PATH;
  const own = `http://${host ?? ''}`;
  if (!URL.canParse(own)) return undefined;
  const { hostname, origin } = new URL(own);
  return isLoopbackHost(hostname) ? origin + PATH : undefined;
}
