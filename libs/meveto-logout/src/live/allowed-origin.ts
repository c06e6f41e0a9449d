import type { Option } from '../core/index.js';
import { isOwnOrigin, type SessionRequest } from '../sessions/index.js';

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
