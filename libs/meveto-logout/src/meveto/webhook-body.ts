import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Bounds of a webhook request. */
export const MAX_BODY_BYTES = 8_192;
export const BODY_DEADLINE_MS = 5_000;

export type WebhookBody =
  | { readonly kind: 'body'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: 400 | 408 | 413 | 415; readonly message: string }
  /** The sender closed the connection. */
  | { readonly kind: 'gone' };

const refused = (status: 400 | 408 | 413 | 415, message: string): WebhookBody => ({
  kind: 'refused',
  status,
  message,
});

const TOO_LARGE = refused(413, `The body must not be larger than ${String(MAX_BODY_BYTES)} bytes.`);

/**
 * Reads and parses the body of a webhook request within its bounds: a size, a deadline, two content types, no compression.
 * Messages never quote the body. A parent application or a host of functions may have read the body before: then the body
 * comes from `request.body`, within the same bounds if the body is text or bytes, and unchanged if it is already parsed.
 */
export async function readWebhookBody(
  request: IncomingMessage & { readonly body?: unknown },
): Promise<WebhookBody> {
  const { readableEnded: isRead, body } = request;
  const readBefore = isRead && isUnparsed(body) ? body : undefined;
  if (isRead && readBefore === undefined) return { kind: 'body', value: body };
  const parse = parserFor(request.headers);
  if (typeof parse !== 'function') return parse;
  const text = readBefore === undefined ? await collect(request) : textOf(readBefore);
  return typeof text === 'string' ? parse(text) : text;
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
