import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Counters } from '../observe/counters.js';
import { AllowedAddresses } from './allowed-addresses.js';
import { refusal, write } from './webhook-answer.js';
import { readWebhookBody } from './webhook-body.js';
import { WebhookReceiver } from './webhook-receiver.js';
import { WebhookRoute } from './webhook-route.js';

type Next = (error?: unknown) => void;

/** What middleware is given: Node's own message, with what Express and Fastify add to it; `ip` minds their trust in proxies. */
type GateRequest = IncomingMessage & {
  readonly originalUrl?: string;
  readonly ip?: string;
  readonly body?: unknown;
};

const NOT_FOUND = refusal(404, 'Not Found');
const NOT_ALLOWED = refusal(403, 'This address may not call the webhook.');
const POST_ONLY = refusal(405, 'Only POST is known here.', { allow: 'POST' });

/**
 * Serves the webhook's path before anything of the application's runs: no parser of its that would accept more, wait
 * longer and put pieces of the body into its errors; no guard, pipe, interceptor or filter that would refuse or rewrite.
 * Both HTTP adapters run it first, since it is registered while providers are made; on Fastify it is an `onRequest` hook.
 */
@Injectable()
export class WebhookGate {
  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(WebhookRoute) private readonly route: WebhookRoute,
    @Inject(AllowedAddresses) private readonly addresses: AllowedAddresses,
    @Inject(WebhookReceiver) private readonly receiver: WebhookReceiver,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    // At once when the application is made, and later in a testing module, but always before the body parser.
    host.init$.subscribe(() => {
      const adapter = host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
      adapter?.use((request: GateRequest, response: ServerResponse, next: Next) => {
        this.#enter(request, response, next);
      });
    });
  }

  #enter(request: GateRequest, response: ServerResponse, next: Next): void {
    const match = this.route.match(request.originalUrl ?? request.url ?? '');
    if (match === undefined || (match === 'hidden' && request.method !== 'POST')) {
      next();
    } else if (match === 'hidden') {
      write(request, response, NOT_FOUND);
    } else if (request.method !== 'POST') {
      write(request, response, POST_ONLY);
    } else if (!this.addresses.admit(addressOf(request))) {
      write(request, response, NOT_ALLOWED);
    } else {
      this.#serve(request, response).catch(() => response.destroy());
    }
  }

  async #serve(request: GateRequest, response: ServerResponse): Promise<void> {
    // Someone before us has read it, as hosts of functions do: then it can only be taken as it is.
    const body = request.readableEnded
      ? ({ kind: 'body', value: request.body } as const)
      : await readWebhookBody(request);
    switch (body.kind) {
      case 'body':
        write(request, response, await this.receiver.receive(body.value, addressOf(request)));
        return;
      case 'refused':
        this.counters.add('webhook_refused');
        write(request, response, refusal(body.status, body.message));
        return;
      case 'gone':
        response.destroy();
    }
  }
}

const addressOf = ({ ip, socket }: GateRequest): string | undefined => ip ?? socket.remoteAddress;
