import { PendingCallsUnavailableError } from '../errors.js';
import { inTime } from './in-time.js';
import type { PendingCallSource } from './pending-call-source.js';
import { PendingCalls, type PendingPage } from './pending-calls.port.js';
import type { PendingFields } from './pending-fields.js';
import { pendingPageIn } from './pending-page.js';

const FIELDS: PendingFields = {
  status: '',
  calls: 'calls',
  next: 'next',
  id: 'id',
  type: 'type',
  userToken: 'userToken',
  createdAt: 'createdAt',
};

/** The pending list as a source of the application's own reads it. What that throws or gives never gets into a text. */
export class SourcePendingCalls extends PendingCalls {
  constructor(
    private readonly source: PendingCallSource,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  override async page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    const deadline = AbortSignal.any([AbortSignal.timeout(this.timeoutMs), signal]);
    const page = await this.#given(cursor, deadline);
    if (page === undefined) throw new PendingCallsUnavailableError('reconcile.source gave no page');
    return page;
  }

  async #given(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage | undefined> {
    try {
      const given: unknown = await inTime(() => this.source.page(cursor, signal), signal);
      return pendingPageIn(given, FIELDS);
    } catch (error) {
      const reason = signal.aborted ? 'no answer in time' : 'failed';
      throw new PendingCallsUnavailableError(`reconcile.source: ${reason}`, retryAfterMsIn(error));
    }
  }
}

function retryAfterMsIn(error: unknown): number | undefined {
  const ms: unknown = error instanceof PendingCallsUnavailableError ? error.retryAfterMs : undefined;
  return typeof ms === 'number' && ms >= 0 ? ms : undefined;
}
