import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a sender is told. It is written without the application's pipeline, so that it is the same on every host. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  503: 'Service Unavailable',
};

/** A refusal in the shape of Nest's own errors. */
export const refusal = (
  statusCode: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): WebhookAnswer => ({
  status: statusCode,
  body: { statusCode, error: TITLES[statusCode], message },
  ...(headers && { headers }),
});

/**
 * Answers, unless the application did so meanwhile, as one that sets limits to every request. Hangs up when the sender is
 * still sending: what is left of the body is not read.
 */
export function write(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: WebhookAnswer,
): void {
  const text = JSON.stringify(body);
  const isRead = request.complete || !hasBody(request);
  if (response.headersSent) {
    if (!isRead) discard(request);
    return;
  }
  response.removeHeader('x-powered-by');
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
    ...(isRead ? {} : { connection: 'close' }),
  });
  response.end(text, () => {
    if (!isRead) discard(request);
  });
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const LINGER_BYTES = 1_048_576;
const LINGER_MS = 1_000;

/**
 * Takes in a little more of an unwanted body before the connection ends: a sender that is cut off while it writes never
 * reads the answer.
 */
function discard(request: IncomingMessage): void {
  let left = LINGER_BYTES;
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.once('close', () => {
    clearTimeout(timer);
  });
  request.resume();
}
