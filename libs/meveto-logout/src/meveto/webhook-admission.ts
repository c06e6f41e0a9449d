import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Counters } from '../core/index.js';
import { AllowedAddresses } from './allowed-addresses.js';
import { senderAddressOf } from './sender-address.js';
import { AnswerWriter, refusal } from './webhook-answer.js';
import { readWebhookBody } from './webhook-body.js';
import { MevetoWebhookController } from './meveto-webhook.controller.js';
import { WebhookRoute } from './webhook-route.js';

type Next = (error?: unknown) => void;

/** The request that middleware gets: Node's own, with the additions of Express and Fastify. `ip` follows their proxy settings. */
type AdmissionRequest = IncomingMessage & {
  readonly originalUrl?: string;
  /** Express only: path of the application in a parent application, the beginning of `originalUrl`. */
  readonly baseUrl?: string;
  readonly ip?: string;
  readonly body?: unknown;
};

const NOT_FOUND = refusal(404, 'Not Found');
const NOT_ALLOWED = refusal(403, 'This address may not send webhooks.');
const POST_ONLY = refusal(405, 'Only POST is allowed.', { allow: 'POST' });

/**
 * Serves the webhook's path before any code of the application runs. A body parser of the application could accept larger
 * bodies, wait longer, or quote the body in errors. Guards, pipes, interceptors and filters could refuse or rewrite requests.
 * Both HTTP adapters run this middleware first, because it is registered while providers are created. On Fastify it is an
 * `onRequest` hook.
 */
@Injectable()
export class WebhookAdmission {
  readonly #answers = new AnswerWriter();

  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(WebhookRoute) private readonly route: WebhookRoute,
    @Inject(AllowedAddresses) private readonly addresses: AllowedAddresses,
    @Inject(MevetoWebhookController) private readonly receiver: MevetoWebhookController,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    // The event comes at once in an application, and later in a testing module, but always before the body parser.
    host.init$.subscribe(() => {
      const adapter = host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
      adapter?.use((request: AdmissionRequest, response: ServerResponse, next: Next) => {
        this.#handle(request, response, next);
      });
    });
  }

  #handle(request: AdmissionRequest, response: ServerResponse, next: Next): void {
    const match = this.route.match(request.originalUrl ?? request.url ?? '', request.baseUrl);
    if (match === undefined || (match === 'hidden' && request.method !== 'POST')) {
      next();
    } else if (match === 'hidden') {
      this.#answers.write(request, response, NOT_FOUND);
    } else if (request.method !== 'POST') {
      this.#answers.write(request, response, POST_ONLY);
    } else if (!this.addresses.admit(senderAddressOf(request))) {
      this.#answers.write(request, response, NOT_ALLOWED);
    } else {
      this.#serve(request, response).catch(() => response.destroy());
    }
  }

  async #serve(request: AdmissionRequest, response: ServerResponse): Promise<void> {
    const body = await readWebhookBody(request);
    switch (body.kind) {
      case 'body':
        this.#answers.write(
          request,
          response,
          await this.receiver.receive(body.value, senderAddressOf(request)),
        );
        return;
      case 'refused':
        this.counters.add('webhook_refused');
        this.#answers.write(request, response, refusal(body.status, body.message));
        return;
      case 'gone':
        response.destroy();
    }
  }
}
