import { Inject, Injectable } from '@nestjs/common';
import type { ExchangeOutcome } from './token-exchange.port.js';
import type { ClaimedJob } from '../store/index.js';
import { backoffMs } from './backoff.js';
import { isClientErrorReason } from './attempt.js';
import { TokenStorage } from './token-storage.js';

const RETRY_AFTER_CAP_MS = 30_000;
const MAX_REASON_CHARS = 64;

/** Records an attempt without an answer that counts. The job waits for its next attempt. */
@Injectable()
export class FailedAttempts {
  constructor(@Inject(TokenStorage) private readonly tokens: TokenStorage) {}

  async record(
    job: ClaimedJob,
    { reason, maybeSent, retryAfterMs }: Extract<ExchangeOutcome, { kind: 'retry' }>,
  ): Promise<void> {
    const pauseMs = backoffMs(job.attempts, performance.now() - job.receivedTick, Math.random());
    const delayMs = Math.max(pauseMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS));
    const clientError = isClientErrorReason(reason) ? { isClientError: true } : {};
    const failure = { delayMs, maybeSent, reason: reason.slice(0, MAX_REASON_CHARS), ...clientError };
    await this.tokens.afterFailure(job, failure);
  }
}
