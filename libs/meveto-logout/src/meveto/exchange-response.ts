import type { ExchangeOutcome } from '../inbox/index.js';

const RETRIEVED = 'Token_User_Retrieved';
const INVALID = 'Invalid_User_Token';
const MAX_ID_CHARS = 191;

/**
 * Converts Meveto's answer to an outcome. Errors also arrive with HTTP 200, so only `status` in the body decides. An answer
 * that neither names a person nor rejects the token leads to a retry. The Meveto ID stays a string.
 * @see docs/protocol.md#user-endpoint
 */
export function exchangeOutcomeOf(httpStatus: number, body: string): ExchangeOutcome {
  if (httpStatus !== 200) return retry(`http-${String(httpStatus)}`);
  const answer = objectIn(body);
  if (answer === undefined) return retry('not-json');
  if (answer['status'] === RETRIEVED) {
    const mevetoId = mevetoIdIn(answer['payload']);
    return mevetoId === undefined ? retry('no-user-in-answer') : { kind: 'person', mevetoId };
  }
  if (answer['status'] === INVALID) return { kind: 'invalid' };
  return retry(answer['error'] === undefined ? 'unknown-answer' : 'error-answer');
}

const retry = (reason: string): ExchangeOutcome => ({ kind: 'retry', reason, maybeSent: true });

function mevetoIdIn(payload: unknown): string | undefined {
  const user: unknown = isObject(payload) ? payload['user'] : undefined;
  const id = typeof user === 'number' && Number.isSafeInteger(user) ? String(user) : user;
  return typeof id === 'string' && id.length > 0 && id.length <= MAX_ID_CHARS ? id : undefined;
}

function objectIn(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
