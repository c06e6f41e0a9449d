import type { IncomingMessage, ServerResponse } from 'node:http';

/** A refusal that is written without the application's pipeline: before its parsers, by either HTTP adapter. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
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
};

/** Answers, and hangs up when the sender is still sending: what is left of the body is not read. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, headers }: Refusal,
): void {
  const body = JSON.stringify({ statusCode: status, error: TITLES[status], message });
  const isRead = request.complete || !hasBody(request);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
    ...(isRead ? {} : { connection: 'close' }),
  });
  response.end(body, () => {
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
