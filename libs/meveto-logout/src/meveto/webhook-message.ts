import { type JobKind, LOGOUT, UNLINK, UserToken } from '../store/index.js';

/**
 * Meveto's types of webhooks, and the kinds of the jobs that they request. A Map, because a sender may choose any type: the name
 * of an inherited property must not count.
 * @see docs/protocol.md#webhook-request
 */
const KINDS: ReadonlyMap<string, JobKind> = new Map([
  ['User_Logged_Out', LOGOUT],
  ['Meveto_Protection_Removed', UNLINK],
]);

/** The parsed body of a webhook request, or a parsed listed webhook. */
export type WebhookMessage =
  | { readonly kind: 'job'; readonly jobKind: JobKind; readonly token: UserToken }
  /** This package does not know the type. The webhook is acknowledged and counted, and has no effect. */
  | { readonly kind: 'unknown-type' }
  | { readonly kind: 'invalid'; readonly message: string };

const MAX_TOKEN_CHARS = 2_048;
const TOKEN = /^[\x21-\x7e]+$/;
const MAX_TYPE_CHARS = 128;

/**
 * Reads the parsed body of a webhook request, or a listed webhook. Ignores inherited and further properties. Messages never
 * quote the body.
 * @see docs/protocol.md#webhook-request
 */
export function parseWebhookMessage(body: unknown): WebhookMessage {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('The body must be an object with "type" and "user_token".');
  }
  const type = ownProperty(body, 'type');
  if (typeof type !== 'string' || type === '' || type.length > MAX_TYPE_CHARS) {
    return invalid('"type" must be a non-empty string.');
  }
  const jobKind = KINDS.get(type);
  if (jobKind === undefined) return { kind: 'unknown-type' };
  const token = ownProperty(body, 'user_token');
  if (!isToken(token)) {
    return invalid(
      `"user_token" must be a string of 1 to ${String(MAX_TOKEN_CHARS)} printable ASCII characters without spaces.`,
    );
  }
  return { kind: 'job', jobKind, token: new UserToken(token) };
}

const isToken = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_TOKEN_CHARS && TOKEN.test(value);

const ownProperty = (body: object, name: string): unknown =>
  Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;

const invalid = (message: string): WebhookMessage => ({ kind: 'invalid', message });
