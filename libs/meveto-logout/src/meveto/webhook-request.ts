import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { MevetoEvents, MevetoLogoutError } from '../core/index.js';
import { mevetoEvents } from './events.js';
import { Acknowledgement, Ingest, InboxFullError, LogoutUnfinishedError } from '../inbox/index.js';
import { StoreUnavailableError, type JobKind, type UserToken } from '../store/index.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';
import { AllowedAddresses, senderAddressOf } from './sender-addresses.js';
import { AnswerWriter, refusal, type WebhookAnswer } from './webhook-answer.js';
import { parseWebhookMessage, readWebhookBody } from './webhook-message.js';

/** Node's request, with the additions of Express, or of Fastify for middleware. `ip` follows their proxy settings. */
export type NodeRequest = IncomingMessage & {
  readonly originalUrl?: string;
  /** Express only: path of the application in a parent application, the beginning of `originalUrl`. */
  readonly baseUrl?: string;
  /** Set by middleware that replaces the method. */
  readonly originalMethod?: string;
  readonly ip?: string;
  readonly body?: unknown;
  [POSTED]?: true;
};

/** Fastify's request around Node's. */
type FastifyRequest = Pick<NodeRequest, 'ip' | 'body' | 'headers' | 'socket'> & { readonly raw: NodeRequest };
interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/** The request and the response that Nest passes to middleware and handlers. */
export type WebhookCarrier = NodeRequest | FastifyRequest;
export type WebhookResponse = ServerResponse | FastifyReply;

const POSTED = Symbol('meveto-logout:posted');

const NOT_FOUND = refusal(404, 'Not Found');
const NOT_ALLOWED = refusal(403, 'This address may not send webhooks.');
const POST_ONLY = refusal(405, 'Only POST is allowed.', { allow: 'POST' });

/** The same for every webhook that was understood, with a valid or an invalid token: the answer reveals nothing. */
const ACCEPTED: WebhookAnswer = { status: 202, body: { status: 'accepted' } };

/**
 * Checks a webhook request, stores its job and answers. Trusts nothing that ran before: a request may come from the reader, or
 * through the application's pipeline. Writes the answer to Node's response, so that it is the same on each way.
 */
@Injectable()
export class WebhookRequest {
  readonly #answers = new AnswerWriter();
  readonly #secret: Buffer | undefined;

  constructor(
    @Inject(AllowedAddresses) private readonly addresses: AllowedAddresses,
    @Inject(Ingest) private readonly ingest: Ingest,
    @Inject(Acknowledgement) private readonly acknowledgement: Acknowledgement,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
    @Inject(MEVETO_OPTIONS) options: ResolvedMeveto,
  ) {
    const { secretPath } = options.webhook;
    this.#secret = secretPath === undefined ? undefined : Buffer.from(secretPath);
  }

  /** Remembers that this request came as a POST. Middleware may replace the method later and leave no trace. */
  markPost(request: NodeRequest): void {
    request[POSTED] = true;
  }

  /**
   * Answers a request to the webhook's path. Never throws.
   * @param segment the segment after the webhook's path, as the URL or the router gives it
   */
  async serve(
    request: WebhookCarrier,
    response: WebhookResponse,
    segment: string | undefined,
  ): Promise<void> {
    const node = nodeOf(request);
    const output = takenOver(response);
    try {
      const address = senderAddressOf(request);
      const refused = this.#refusalOf(node, address, segment);
      if (refused !== undefined) this.#answers.write(node, output, refused);
      else await this.#read(node, request.body, address, output);
    } catch {
      output.destroy();
    }
  }

  /** Answers a request to another spelling of the webhook's path. */
  refuseSpelling(request: NodeRequest, response: ServerResponse): void {
    this.#answers.write(request, response, NOT_FOUND);
  }

  /** Returns whether the last segment (undefined: none) is the right one. Compares in constant time. */
  opens(segment: string | undefined): boolean {
    const secret = this.#secret;
    if (secret === undefined) return segment === undefined;
    const given = Buffer.alloc(secret.length);
    given.write(segment ?? '');
    return timingSafeEqual(given, secret) && segment?.length === secret.length;
  }

  #refusalOf(
    request: NodeRequest,
    address: string | undefined,
    segment: string | undefined,
  ): WebhookAnswer | undefined {
    if (!this.opens(segment)) return NOT_FOUND;
    if (request[POSTED] !== true || (request.originalMethod ?? 'POST') !== 'POST') return POST_ONLY;
    return this.addresses.admit(address) ? undefined : NOT_ALLOWED;
  }

  async #read(
    request: NodeRequest,
    parsed: unknown,
    address: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readWebhookBody(request, parsed);
    switch (body.kind) {
      case 'body':
        this.#answers.write(request, response, await this.#receive(body.value, address));
        return;
      case 'refused':
        this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_REFUSED);
        this.#answers.write(request, response, refusal(body.status, body.message));
        return;
      case 'gone':
        response.destroy();
    }
  }

  async #receive(body: unknown, address: string | undefined): Promise<WebhookAnswer> {
    const message = parseWebhookMessage(body);
    switch (message.kind) {
      case 'invalid':
        this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_REFUSED);
        return refusal(400, message.message);
      case 'unknown-type':
        this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_UNKNOWN_TYPE);
        return ACCEPTED;
      case 'job':
        return this.#accept(message.jobKind, message.token, address);
    }
  }

  /** Resolves with the answer once the job is stored. */
  async #accept(kind: JobKind, token: UserToken, address: string | undefined): Promise<WebhookAnswer> {
    const receivedAt = performance.now();
    try {
      const digests = await this.ingest.accept(kind, token, address);
      await this.acknowledgement.ready(digests, receivedAt);
    } catch (error) {
      return this.#unavailable(error);
    }
    this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_ACCEPTED, {
      sinceRequestMs: performance.now() - receivedAt,
    });
    return ACCEPTED;
  }

  /** A failure of this package is always 503 with Retry-After: Meveto tries again. */
  #unavailable(error: unknown): WebhookAnswer {
    const code = error instanceof MevetoLogoutError ? error.code : 'none';
    this.emitter.emit(mevetoEvents.MEVETO_WEBHOOK_UNAVAILABLE, { error: code });
    const isLate = error instanceof LogoutUnfinishedError;
    const isKnown = isLate || error instanceof StoreUnavailableError || error instanceof InboxFullError;
    const retryAfterMs = isKnown ? error.retryAfterMs : 5_000;
    if (error instanceof InboxFullError) this.emitter.emit(mevetoEvents.MEVETO_INBOX_FULL);
    const message = isLate
      ? 'The webhook is stored and being processed. Try again shortly.'
      : 'The webhook could not be stored. Try again shortly.';
    return refusal(503, message, { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) });
  }
}

const nodeOf = (request: WebhookCarrier): NodeRequest => ('raw' in request ? request.raw : request);

/** Returns Node's response. Fastify sends no answer of its own after `hijack()`. */
function takenOver(response: WebhookResponse): ServerResponse {
  if (!('hijack' in response)) return response;
  response.hijack();
  return response.raw;
}
