import type { Faults } from '../options/checks.js';
import type { SessionRequest } from '../session/session-reader.port.js';

/**
 * A page's origin must be the host that it talks to, or one that is allowed; programs send none. A port that a proxy adds to
 * the host is the same host, if it is the default one of the page's protocol.
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-7
 */
export function isAllowedOrigin(
  headers: SessionRequest['headers'],
  allowed: readonly string[] = [],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (allowed.includes(page.origin)) return true;
  const own = `${page.protocol}//${host ?? ''}`;
  return page.host !== '' && URL.canParse(own) && new URL(own).host === page.host;
}

/** The option `livePush.origins`, checked; none by default. */
export function allowedOriginsOf(given: unknown = [], faults: Faults): readonly string[] {
  if (Array.isArray(given) && given.every(isOrigin)) return given.map((origin) => new URL(origin).origin);
  faults.add(
    `livePush.origins: wanted a list of origins without path. Example: ['https://app.example.com'].`,
  );
  return [];
}

const isOrigin = (value: unknown): value is string =>
  typeof value === 'string' &&
  URL.canParse(value) &&
  /^https?:$/.test(new URL(value).protocol) &&
  value.replace(/\/$/, '').toLowerCase() === new URL(value).origin;
