import type { SessionRequest } from './session-reader.port.js';

/**
 * Whether a request comes from a page of the same host. Programs send no Origin header and pass. If a proxy adds the default
 * port of the page's protocol to the host, the host counts as the same. HTTP/2 has the host in `:authority`.
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-7
 */
export function isOwnOrigin({ origin, ...headers }: SessionRequest['headers']): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${hostIn(headers)}`;
  return page.host !== '' && URL.canParse(own) && new URL(own).host === page.host;
}

function hostIn({ ':authority': authority, host = '' }: SessionRequest['headers']): string {
  return typeof authority === 'string' ? authority : host;
}
