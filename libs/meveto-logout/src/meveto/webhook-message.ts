import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
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

/** Bounds of a webhook request. */
export const MAX_BODY_BYTES = 8_192;
export const BODY_DEADLINE_MS = 5_000;

export type WebhookBody =
  | { readonly kind: 'body'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: 400 | 408 | 411 | 413 | 415; readonly message: string }
  /** The sender closed the connection. */
  | { readonly kind: 'gone' };

const refused = (status: 400 | 408 | 411 | 413 | 415, message: string): WebhookBody => ({
  kind: 'refused',
  status,
  message,
});

const NO_LENGTH = refused(411, 'The request must declare the length of its body.');
const TOO_LARGE = refused(413, `The body must not be larger than ${String(MAX_BODY_BYTES)} bytes.`);

/**
 * Reads and parses the body of a webhook request within its bounds: a size, a deadline, two content types, no compression.
 * Messages never quote the body.
 * @param readBefore the body that a parent application, a host of functions or a parser of the application has read, if any. Text
 * and bytes are parsed within the same bounds. A parsed body is taken if the request declares its length: the length of a body in
 * chunks is unknown.
 */
export async function readWebhookBody(request: IncomingMessage, readBefore?: unknown): Promise<WebhookBody> {
  const parse = parserFor(request.headers);
  if (typeof parse !== 'function') return parse;
  if (request.readableEnded && !isUnparsed(readBefore)) return parsedBefore(readBefore, request.headers);
  const text = request.readableEnded ? textOf(readBefore as string | Uint8Array) : await collect(request);
  return typeof text === 'string' ? parse(text) : text;
}

function parsedBefore(value: unknown, headers: IncomingHttpHeaders): WebhookBody {
  const isMeasured = headers['content-length'] !== undefined && headers['transfer-encoding'] === undefined;
  return isMeasured || value === undefined ? { kind: 'body', value } : NO_LENGTH;
}

const isUnparsed = (body: unknown): body is string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array;

function textOf(body: string | Uint8Array): string | WebhookBody {
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) return TOO_LARGE;
  return typeof body === 'string' ? body : decoded(body);
}

type Parse = (text: string) => WebhookBody;

/** The parser for a body with these headers, or the refusal of the request. */
function parserFor(headers: IncomingHttpHeaders): Parse | WebhookBody {
  const parse = parserOfType(headers['content-type']);
  if (parse === undefined) {
    return refused(415, 'The content type must be application/json or application/x-www-form-urlencoded.');
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return refused(415, 'The body must not be compressed.');
  }
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return TOO_LARGE;
  return parse;
}

function parserOfType(contentType: string | undefined): Parse | undefined {
  const [mediaType = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((each) => /^\s*charset\s*=\s*"?([^"\s]*)/.exec(each)?.[1])
    .find((each) => each !== undefined);
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    return undefined;
  switch (mediaType.trim()) {
    case 'application/json':
      return parseJson;
    case 'application/x-www-form-urlencoded':
      return parseForm;
    default:
      return undefined;
  }
}

function parseJson(text: string): WebhookBody {
  try {
    return { kind: 'body', value: JSON.parse(text) as unknown };
  } catch {
    return refused(400, 'The body is not valid JSON.');
  }
}

function parseForm(text: string): WebhookBody {
  const value: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, each] of new URLSearchParams(text)) {
    if (name in value) return refused(400, 'A form field is given twice.');
    value[name] = each;
  }
  return { kind: 'body', value };
}

function collect(request: IncomingMessage): Promise<string | WebhookBody> {
  // Code of the application reads the body at the same time: the rest of the body could look like a webhook.
  if (request.readableDidRead) return Promise.resolve(refused(400, 'The body has been read before.'));
  if (request.destroyed) return Promise.resolve({ kind: 'gone' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (result: string | WebhookBody): void => {
      clearTimeout(deadline);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) end(TOO_LARGE);
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      const [first, ...others] = chunks;
      end(decoded(first !== undefined && others.length === 0 ? first : Buffer.concat(chunks)));
    };
    const onGone = (): void => {
      end({ kind: 'gone' });
    };
    const deadline = setTimeout(() => {
      end(refused(408, `The body must arrive within ${String(BODY_DEADLINE_MS / 1_000)} seconds.`));
    }, BODY_DEADLINE_MS);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decoded(bytes: Uint8Array): string | WebhookBody {
  try {
    return decoder.decode(bytes);
  } catch {
    return refused(400, 'The body is not valid UTF-8.');
  }
}
