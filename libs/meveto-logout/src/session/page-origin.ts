import type { SessionRequest } from './session-reader.port.js';

/**
 * Whether the page that asks is of the host that it asks; programs name no origin. A port that a proxy adds to the host is
 * the same host, if it is the default one of the page's protocol.
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-7
 */
export function isOwnOrigin({ origin, host }: SessionRequest['headers']): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host ?? ''}`;
  return page.host !== '' && URL.canParse(own) && new URL(own).host === page.host;
}
