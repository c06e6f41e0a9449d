import type { Faults } from '../options/checks.js';
import { isOwnOrigin } from '../session/page-origin.js';
import type { SessionRequest } from '../session/session-reader.port.js';

/** Whether pages of the request's origin may talk to it: its own host's, and those that the application names. */
export function isAllowedOrigin(
  headers: SessionRequest['headers'],
  allowed: readonly string[] = [],
): boolean {
  const { origin } = headers;
  if (isOwnOrigin(headers)) return true;
  return origin !== undefined && URL.canParse(origin) && allowed.includes(new URL(origin).origin);
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
