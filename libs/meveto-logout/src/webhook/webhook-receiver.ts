import { Inject, Injectable, Logger } from '@nestjs/common';
import { InboxFullError, LogoutUnfinishedError, StoreUnavailableError } from '../errors.js';
import type { CallType } from '../model/call.js';
import { parseMevetoCall } from '../model/meveto-call.js';
import type { UserToken } from '../model/user-token.js';
import { Counters } from '../observe/counters.js';
import { Acknowledgement } from './acknowledgement.js';
import { CallIntake } from './call-intake.js';
import { refusal, type WebhookAnswer } from './webhook-answer.js';

const REPORT_EVERY_MS = 60_000;

/** The same for every call that was understood, good token or bad: no oracle. */
const ACCEPTED: WebhookAnswer = { status: 202, body: { status: 'accepted' } };

/** Parses, stores, answers. */
@Injectable()
export class WebhookReceiver {
  readonly #logger = new Logger('MevetoLogout');
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(CallIntake) private readonly intake: CallIntake,
    @Inject(Acknowledgement) private readonly acknowledgement: Acknowledgement,
    @Inject(Counters) private readonly counters: Counters,
  ) {}

  /** Resolves with the answer once the call is stored. Never throws. */
  async receive(body: unknown, address: string | undefined): Promise<WebhookAnswer> {
    const call = parseMevetoCall(body);
    switch (call.kind) {
      case 'invalid':
        this.counters.add('webhook_refused');
        return refusal(400, call.message);
      case 'unknown-type':
        this.counters.add('webhook_unknown_type');
        return ACCEPTED;
      case 'call':
        return this.#take(call.type, call.token, address);
    }
  }

  async #take(type: CallType, token: UserToken, address: string | undefined): Promise<WebhookAnswer> {
    const receivedAt = performance.now();
    try {
      await this.intake.accept(type, token, address);
      await this.acknowledgement.ready(token, receivedAt);
    } catch (error) {
      return this.#unavailable(error);
    }
    this.counters.add('webhook_accepted');
    return ACCEPTED;
  }

  /** Our own trouble is always 503, with when to come back: Meveto tries again. */
  #unavailable(error: unknown): WebhookAnswer {
    this.counters.add('webhook_unavailable');
    const isLate = error instanceof LogoutUnfinishedError;
    const isKnown = isLate || error instanceof StoreUnavailableError || error instanceof InboxFullError;
    const retryAfterMs = isKnown ? error.retryAfterMs : 5_000;
    if (error instanceof InboxFullError) this.#reportFull(error);
    const message = isLate
      ? 'The call is stored and being worked on. Try again shortly.'
      : 'The call could not be stored. Try again shortly.';
    return refusal(503, message, { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) });
  }

  #reportFull(error: InboxFullError): void {
    if (performance.now() - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = performance.now();
    this.#logger.warn(error.message);
  }
}
