import { MevetoUnavailableError } from './meveto-unavailable-error.js';

/** Meveto's answer: the requested value, or a refusal. */
export type MevetoAnswer =
  { readonly kind: 'granted'; readonly value: string } | { readonly kind: 'refused' | 'declined' };

/**
 * Reads an answer. Meveto also reports errors with HTTP 200, by `error` in the body.
 * @param pick takes the requested value from the body
 * @throws {MevetoUnavailableError} for an undocumented answer
 * @see docs/protocol.md#login-with-meveto
 */
export function readMevetoAnswer(
  status: number,
  text: string,
  pick: (body: Readonly<Record<string, unknown>>) => unknown,
): MevetoAnswer {
  if (status === 403) return { kind: 'declined' };
  if (status >= 400 && status < 500 && status !== 429) return { kind: 'refused' };
  const body = status === 200 ? parseObject(text) : undefined;
  if (body === undefined) throw new MevetoUnavailableError();
  if ('error' in body && body['error'] !== null) return refusalOf(body['error']);
  const value = idOf(pick(body));
  if (value === undefined) throw new MevetoUnavailableError();
  return { kind: 'granted', value };
}

/** Server errors may be retried; all others are final. */
function refusalOf(error: unknown): MevetoAnswer {
  if (error === 'server_error' || error === 'temporarily_unavailable') throw new MevetoUnavailableError();
  return { kind: error === 'access_denied' ? 'declined' : 'refused' };
}

/** Meveto IDs are usually strings of digits, and stay strings. */
function idOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
