import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Counters } from '../observe/counters.js';
import { refuse } from './webhook-answer.js';
import { readWebhookBody } from './webhook-body.js';
import { WebhookRoute } from './webhook-route.js';

type Next = (error?: unknown) => void;

/** What middleware is given: Node's own message, with what Express and Fastify's middie add to it. */
type GateRequest = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown };

const NOT_FOUND = { status: 404, message: 'Not Found' };
const POST_ONLY = { status: 405, message: 'Only POST is known here.', headers: { allow: 'POST' } };

/**
 * Stands before the application's body parser, on the webhook's path only: a parser of the application's would accept
 * more, wait longer, and put pieces of the body into its errors. Both HTTP adapters run it first since it is registered
 * while providers are made; on Fastify it runs as a hook of `onRequest`.
 */
@Injectable()
export class WebhookBodyGate {
  readonly #bodies = new WeakMap<object, { readonly value: unknown }>();

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(WebhookRoute) private readonly route: WebhookRoute,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    // At once when the application is made, and later in a testing module, but always before the body parser.
    host.init$.subscribe(() => {
      if (this.#isFastify || this.#type === 'express') this.#stand();
    });
  }

  /** The body of a request that came through here: nothing else of the application's sees it. */
  bodyOf(request: object): { readonly value: unknown } | undefined {
    return this.#bodies.get((request as { raw?: object }).raw ?? request);
  }

  get #type(): string | undefined {
    return (this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined)?.getType();
  }

  get #isFastify(): boolean {
    return this.#type === 'fastify';
  }

  #stand(): void {
    this.host.httpAdapter.use((request: GateRequest, response: ServerResponse, next: Next) => {
      this.#enter(request, response, next);
    });
  }

  #enter(request: GateRequest, response: ServerResponse, next: Next): void {
    const match = this.route.match(request.originalUrl ?? request.url ?? '');
    if (match === 'open' && request.method !== 'POST') {
      refuse(request, response, POST_ONLY);
    } else if (match === 'open') {
      void this.#read(request, response, next);
    } else if (match === 'hidden' && request.method === 'POST') {
      refuse(request, response, NOT_FOUND);
    } else {
      next();
    }
  }

  async #read(request: GateRequest, response: ServerResponse, next: Next): Promise<void> {
    // Someone before us has read it, as hosts of functions do: then it can only be taken as it is.
    if (request.readableEnded) {
      this.#admit(request, request.body, next);
      return;
    }
    const body = await readWebhookBody(request);
    switch (body.kind) {
      case 'body':
        this.#admit(request, body.value, next);
        return;
      case 'refused':
        this.counters.add('webhook_refused');
        refuse(request, response, body);
        return;
      case 'gone':
        response.destroy();
    }
  }

  #admit(request: GateRequest, value: unknown, next: Next): void {
    this.#bodies.set(request, { value });
    if (this.#isFastify) announceNoBody(request);
    next();
  }
}

/** Fastify parses the body that the headers announce; this one is read already. */
function announceNoBody({ headers }: IncomingMessage): void {
  delete headers['content-type'];
  delete headers['content-length'];
  delete headers['transfer-encoding'];
}
