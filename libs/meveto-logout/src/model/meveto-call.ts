import { type CallType, isCallType } from './call.js';
import { UserToken } from './user-token.js';

/** What a call from Meveto says, pushed or listed. */
export type MevetoCall =
  | { readonly kind: 'call'; readonly type: CallType; readonly token: UserToken }
  /** A type that this package does not know: acknowledged, counted, nothing done. */
  | { readonly kind: 'unknown-type' }
  | { readonly kind: 'invalid'; readonly message: string };

const MAX_TOKEN_CHARS = 2_048;
const TOKEN = /^[\x21-\x7e]+$/;
const MAX_TYPE_CHARS = 128;

/**
 * A parsed body, or an entry of the pending list, to what it says. Only own properties count, everything else in the
 * body is ignored. Messages never quote the body.
 * @see docs/protocol.md#webhook-call
 */
export function parseMevetoCall(body: unknown): MevetoCall {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('The body must be an object with "type" and "user_token".');
  }
  const type = ownProperty(body, 'type');
  if (typeof type !== 'string' || type === '' || type.length > MAX_TYPE_CHARS) {
    return invalid('"type" must be a non-empty string.');
  }
  if (!isCallType(type)) return { kind: 'unknown-type' };
  const token = ownProperty(body, 'user_token');
  if (!isToken(token)) {
    return invalid(
      `"user_token" must be a string of 1 to ${String(MAX_TOKEN_CHARS)} printable ASCII characters without spaces.`,
    );
  }
  return { kind: 'call', type, token: new UserToken(token) };
}

const isToken = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_TOKEN_CHARS && TOKEN.test(value);

const ownProperty = (body: object, name: string): unknown =>
  Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;

const invalid = (message: string): MevetoCall => ({ kind: 'invalid', message });
