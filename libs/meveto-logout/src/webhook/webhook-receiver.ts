import {
  BadRequestException,
  HttpException,
  HttpStatus,
  Inject,
  Injectable,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InboxFullError, LogoutUnfinishedError, StoreUnavailableError } from '../errors.js';
import type { CallType } from '../model/call.js';
import { parseMevetoCall } from '../model/meveto-call.js';
import type { UserToken } from '../model/user-token.js';
import { Counters } from '../observe/counters.js';
import { Acknowledgement } from './acknowledgement.js';
import { CallIntake } from './call-intake.js';
import { WebhookBodyGate } from './webhook-body-gate.js';
import { WebhookRoute } from './webhook-route.js';

const REPORT_EVERY_MS = 60_000;

/** The same for every call that was understood, good token or bad: no oracle. */
const ACCEPTED = { status: 'accepted' } as const;

/** What Express and Fastify both have; `ip` minds the application's own trust in proxies. */
export interface WebhookHttpRequest {
  readonly ip?: string;
}

/** Parses, stores, answers. */
@Injectable()
export class WebhookReceiver {
  readonly #logger = new Logger('MevetoLogout');
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(CallIntake) private readonly intake: CallIntake,
    @Inject(Acknowledgement) private readonly acknowledgement: Acknowledgement,
    @Inject(WebhookRoute) private readonly route: WebhookRoute,
    @Inject(WebhookBodyGate) private readonly gate: WebhookBodyGate,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * Resolves with the answer once the call is stored.
   * @param segment what follows the webhook's path in the URL
   * @throws {NotFoundException} when a secret is set and `segment` is not it, or the call came by another way than the gate
   * @throws {BadRequestException} when the body is no call
   */
  async receive(
    segment: string | undefined,
    request: WebhookHttpRequest,
    response: object,
  ): Promise<typeof ACCEPTED> {
    const body = this.gate.bodyOf(request);
    if (body === undefined || !this.route.opens(segment)) throw new NotFoundException();
    const call = parseMevetoCall(body.value);
    switch (call.kind) {
      case 'invalid':
        this.counters.add('webhook_refused');
        throw new BadRequestException(call.message);
      case 'unknown-type':
        this.counters.add('webhook_unknown_type');
        return ACCEPTED;
      case 'call':
        await this.#take(call.type, call.token, request.ip).catch((error: unknown) =>
          this.#unavailable(error, response),
        );
        this.counters.add('webhook_accepted');
        return ACCEPTED;
    }
  }

  async #take(type: CallType, token: UserToken, address: string | undefined): Promise<void> {
    const receivedAt = performance.now();
    await this.intake.accept(type, token, address);
    await this.acknowledgement.ready(token, receivedAt);
  }

  /** Our own trouble is always 503, with when to come back: Meveto tries again. */
  #unavailable(error: unknown, response: object): never {
    this.counters.add('webhook_unavailable');
    const isLate = error instanceof LogoutUnfinishedError;
    const isKnown = isLate || error instanceof StoreUnavailableError || error instanceof InboxFullError;
    const retryAfterMs = isKnown ? error.retryAfterMs : 5_000;
    if (error instanceof InboxFullError) this.#reportFull(error);
    this.host.httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(retryAfterMs / 1_000)));
    throw new HttpException(
      {
        statusCode: 503,
        error: 'Service Unavailable',
        message: isLate
          ? 'The call is stored and being worked on. Try again shortly.'
          : 'The call could not be stored. Try again shortly.',
      },
      HttpStatus.SERVICE_UNAVAILABLE,
    );
  }

  #reportFull(error: InboxFullError): void {
    if (performance.now() - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = performance.now();
    this.#logger.warn(error.message);
  }
}
