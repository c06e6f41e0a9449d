import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Counters } from '../observe/counters.js';
import { readWebhookBody } from './webhook-body.js';
import { WebhookRoute } from './webhook-route.js';

type Next = (error?: unknown) => void;

/**
 * Stands before the application's body parser, on the webhook's path only: a parser of the application's would accept
 * more, wait longer, and put pieces of the body into its errors. Express runs it first since it is registered while
 * providers are made.
 */
@Injectable()
export class WebhookBodyGate {
  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(WebhookRoute) private readonly route: WebhookRoute,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    // At once when the application is made, and later in a testing module, but always before the body parser.
    host.init$.subscribe(() => {
      this.#stand(host.httpAdapter);
    });
  }

  #stand(adapter: HttpAdapterHost['httpAdapter'] | undefined): void {
    if (adapter?.getType() !== 'express') return;
    adapter.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
      this.#enter(request, response, next);
    });
  }

  #enter(request: IncomingMessage, response: ServerResponse, next: Next): void {
    if (request.method !== 'POST') {
      next();
      return;
    }
    const match = this.route.match(request.url ?? '');
    if (match === 'open') {
      void this.#read(request, response, next);
    } else if (match === 'hidden') {
      refuse(request, response, 404, 'Not Found');
    } else {
      next();
    }
  }

  async #read(request: IncomingMessage, response: ServerResponse, next: Next): Promise<void> {
    const body = await readWebhookBody(request);
    switch (body.kind) {
      case 'body':
        (request as { body?: unknown }).body = body.value;
        next();
        return;
      case 'refused':
        this.counters.add('webhook_refused');
        refuse(request, response, body.status, body.message);
        return;
      case 'gone':
        response.destroy();
    }
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
};

/** Answers, and hangs up when the sender is still sending: what is left of the body is not read. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  statusCode: number,
  message: string,
): void {
  const body = JSON.stringify({ statusCode, error: TITLES[statusCode], message });
  const isRead = request.complete;
  response.writeHead(statusCode, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(isRead ? {} : { connection: 'close' }),
  });
  response.end(body, () => {
    if (!isRead) discard(request);
  });
}

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
