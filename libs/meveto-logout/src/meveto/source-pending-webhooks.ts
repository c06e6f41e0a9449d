import { PendingWebhooksUnavailableError } from './errors.js';
import { WaitAborted, inTime } from './in-time.js';
import type { PendingWebhookSource } from './pending-webhook-source.js';
import { PendingWebhooks, type PendingPage } from './pending-webhooks.port.js';
import type { PendingFields } from './pending-fields.js';
import { pendingPageIn } from './pending-page.js';

const FIELDS: PendingFields = {
  status: '',
  webhooks: 'webhooks',
  next: 'next',
  id: 'id',
  type: 'type',
  userToken: 'userToken',
  createdAt: 'createdAt',
};

/** Reads the list of pending webhooks through a source of the application. No message quotes its errors or values. */
export class SourcePendingWebhooks extends PendingWebhooks {
  constructor(
    private readonly source: PendingWebhookSource,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  override async page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    const page = await this.#read(cursor, signal);
    if (page === undefined) throw new PendingWebhooksUnavailableError('reconcile.source returned no page');
    return page;
  }

  async #read(cursor: string | undefined, stopping: AbortSignal): Promise<PendingPage | undefined> {
    try {
      const page = (signal: AbortSignal) => this.source.page(cursor, signal);
      const given: unknown = await inTime(page, this.timeoutMs, stopping);
      return pendingPageIn(given, FIELDS);
    } catch (error) {
      const reason = error instanceof WaitAborted ? 'no answer in time' : 'failed';
      throw new PendingWebhooksUnavailableError(`reconcile.source: ${reason}`, retryAfterMsIn(error));
    }
  }
}

function retryAfterMsIn(error: unknown): number | undefined {
  const ms: unknown = error instanceof PendingWebhooksUnavailableError ? error.retryAfterMs : undefined;
  return typeof ms === 'number' && ms >= 0 ? ms : undefined;
}
