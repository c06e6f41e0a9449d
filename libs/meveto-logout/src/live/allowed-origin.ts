import type { Option } from '../core/index.js';
import type { SessionRequest } from '../sessions/index.js';

/** Whether pages of the request's origin may use the endpoint. Allows the host's own origin and the configured ones. */
export function isAllowedOrigin(
  headers: SessionRequest['headers'],
  allowed: readonly string[] = [],
): boolean {
  const { origin } = headers;
  if (isOwnOrigin(headers)) return true;
  return origin !== undefined && URL.canParse(origin) && allowed.includes(new URL(origin).origin);
}

/** Option: origins whose pages may use the module's endpoints. */
export const allowedOrigins: Option<readonly string[]> = {
  shape: 'list of origins',
  byDefault: '[]',
  read: (name, given = [], faults) => {
    if (Array.isArray(given) && given.every(isOrigin)) return given.map((origin) => new URL(origin).origin);
    faults.add(`${name}: expected a list of origins without path. Example: ['https://app.example.com'].`);
    return [];
  },
};

const isOrigin = (value: unknown): value is string =>
  typeof value === 'string' &&
  URL.canParse(value) &&
  /^https?:$/.test(new URL(value).protocol) &&
  value.replace(/\/$/, '').toLowerCase() === new URL(value).origin;

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
