import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_DRAINED_BYTES = 65_536;
const MAX_DRAIN_MS = 1_000;
const MAX_DRAINED_CONNECTIONS = 64;

/** An answer to a sender. It bypasses the application's pipeline, so that it is the same on every host. */
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
  411: 'Length Required',
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

/** Writes answers to senders. Closes the connection of a sender that is still sending: the rest of the body is not needed. */
export class AnswerWriter {
  readonly #refusedBodies = new RefusedBodies();

  /** Writes the answer, unless the application has already answered, for example because of its own time limit. */
  write(request: IncomingMessage, response: ServerResponse, { status, body, headers }: WebhookAnswer): void {
    const isUnread = !request.complete && hasBody(request);
    if (response.headersSent) {
      if (isUnread) this.#refusedBodies.drain(request, () => request.destroy());
      return;
    }
    const text = JSON.stringify(body);
    response.removeHeader('x-powered-by');
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      ...headers,
      ...(isUnread && { connection: 'close' }),
    });
    if (isUnread) {
      // Content-Length tells the sender where the answer ends. `end()` makes Node close the connection at once.
      response.write(text);
      this.#refusedBodies.drain(request, () => response.end());
    } else {
      // With the text, `end()` sends head and body in one write.
      response.end(text, () => isHttp2(request) && closeStream(request));
    }
  }
}

/** HTTP/1.1 only: an unread body blocks the connection for the next request. */
const hasBody = (request: IncomingMessage): boolean =>
  !isHttp2(request) &&
  (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0);

const isHttp2 = ({ httpVersionMajor }: IncomingMessage): boolean => httpVersionMajor === 2;

/** HTTP/2 keeps the connection for other requests. The closed stream tells the sender not to send the rest of the body. */
function closeStream({ stream }: IncomingMessage & { readonly stream?: { close?: () => void } }): void {
  stream?.close?.();
}

/**
 * Reads a little more of refused bodies: a sender whose connection is closed while it writes never reads the answer. Bounded
 * in bytes, in time and in the number of connections at once.
 */
export class RefusedBodies {
  #count = 0;

  /** @param done called once: when the body ends, when the connection closes, or when a bound is reached */
  drain(request: IncomingMessage, done: () => void): void {
    const { socket } = request;
    if (this.#count >= MAX_DRAINED_CONNECTIONS || request.destroyed) {
      done();
      return;
    }
    this.#count += 1;
    let left = MAX_DRAINED_BYTES;
    const end = (): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', end).off('close', end).pause();
      socket.off('end', onCutOff);
      this.#count -= 1;
      done();
    };
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left <= 0) end();
    };
    const onCutOff = (): void => {
      // This must run before Fastify's listener, which writes another answer to a connection that is not ended.
      socket.end();
      end();
    };
    const timer = setTimeout(end, MAX_DRAIN_MS);
    socket.prependListener('end', onCutOff);
    request.on('data', onData).on('end', end).on('close', end).resume();
  }
}
