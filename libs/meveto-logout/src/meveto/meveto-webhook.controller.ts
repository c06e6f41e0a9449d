import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counters } from '../core/index.js';
import { Acknowledgement, Ingest, InboxFullError, LogoutUnfinishedError } from '../inbox/index.js';
import { StoreUnavailableError, type JobKind, type UserToken } from '../store/index.js';
import { refusal, type WebhookAnswer } from './webhook-answer.js';
import { parseWebhookMessage } from './webhook-message.js';

const REPORT_EVERY_MS = 60_000;

/** The same for every webhook that was understood, with a valid or an invalid token: the answer reveals nothing. */
const ACCEPTED: WebhookAnswer = { status: 202, body: { status: 'accepted' } };

/** Parses a webhook, stores a job and returns the answer. */
@Injectable()
export class MevetoWebhookController {
  readonly #logger = new Logger('MevetoLogout');
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(Ingest) private readonly ingest: Ingest,
    @Inject(Acknowledgement) private readonly acknowledgement: Acknowledgement,
    @Inject(Counters) private readonly counters: Counters,
  ) {}

  /** Resolves with the answer once the job is stored. Never throws. */
  async receive(body: unknown, address: string | undefined): Promise<WebhookAnswer> {
    const message = parseWebhookMessage(body);
    switch (message.kind) {
      case 'invalid':
        this.counters.add('webhook_refused');
        return refusal(400, message.message);
      case 'unknown-type':
        this.counters.add('webhook_unknown_type');
        return ACCEPTED;
      case 'job':
        return this.#accept(message.jobKind, message.token, address);
    }
  }

  async #accept(kind: JobKind, token: UserToken, address: string | undefined): Promise<WebhookAnswer> {
    const receivedAt = performance.now();
    try {
      await this.ingest.accept(kind, token, address);
      await this.acknowledgement.ready(token, receivedAt);
    } catch (error) {
      return this.#unavailable(error);
    }
    this.counters.add('webhook_accepted');
    return ACCEPTED;
  }

  /** A failure of this package is always 503 with Retry-After: Meveto tries again. */
  #unavailable(error: unknown): WebhookAnswer {
    this.counters.add('webhook_unavailable');
    const isLate = error instanceof LogoutUnfinishedError;
    const isKnown = isLate || error instanceof StoreUnavailableError || error instanceof InboxFullError;
    const retryAfterMs = isKnown ? error.retryAfterMs : 5_000;
    if (error instanceof InboxFullError) this.#reportFull(error);
    const message = isLate
      ? 'The webhook is stored and being processed. Try again shortly.'
      : 'The webhook could not be stored. Try again shortly.';
    return refusal(503, message, { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) });
  }

  #reportFull(error: InboxFullError): void {
    if (performance.now() - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = performance.now();
    this.#logger.warn(error.message);
  }
}
