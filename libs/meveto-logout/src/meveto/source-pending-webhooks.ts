import { PendingWebhooksUnavailableError } from './errors.js';
import { WaitAborted, inTime } from './in-time.js';
import type { PendingListClient } from './pending-list-client.js';
import { sourcePageOf } from './pending-page.js';
import type { PendingWebhookSource, SourceRequest } from './pending-webhook-source.js';
import { PendingWebhooks, type PendingPage } from './pending-webhooks.port.js';

/** Reads the list of pending webhooks through a source of the application. No message quotes its errors or values. */
export class SourcePendingWebhooks extends PendingWebhooks {
  /** Errors of `get`. Their texts are the package's own, so that they may be logged. */
  readonly #ownErrors = new WeakSet();

  constructor(
    private readonly source: PendingWebhookSource,
    private readonly timeoutMs: number,
    private readonly client: Pick<PendingListClient, 'get'>,
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
      const page = (signal: AbortSignal) =>
        this.source.page(cursor, { signal, get: (path, request) => this.#get(path, request, signal) });
      const given: unknown = await inTime(page, this.timeoutMs, stopping);
      return sourcePageOf(given);
    } catch (error) {
      const reason = `reconcile.source: ${this.#reasonOf(error)}`;
      throw new PendingWebhooksUnavailableError(reason, retryAfterMsIn(error));
    }
  }

  #reasonOf(error: unknown): string {
    if (error instanceof WaitAborted) return 'no answer in time';
    const isOwn = error instanceof PendingWebhooksUnavailableError && this.#ownErrors.has(error);
    return isOwn ? error.reason : 'failed';
  }

  #get(path: unknown, request: SourceRequest | undefined, signal: AbortSignal): Promise<unknown> {
    const answer = this.#answerTo(path, request, signal);
    // A source with several requests at once may await none after the first error. An unhandled rejection would end the process.
    answer.catch(() => undefined);
    return answer;
  }

  async #answerTo(path: unknown, request: SourceRequest = {}, signal: AbortSignal): Promise<unknown> {
    try {
      // Without a slash the path could change the host.
      if (typeof path !== 'string' || !path.startsWith('/'))
        throw new PendingWebhooksUnavailableError('get() needs a path with a slash at the start');
      return parsed(await this.client.get(path, request, signal));
    } catch (error) {
      if (error instanceof PendingWebhooksUnavailableError) this.#ownErrors.add(error);
      throw error;
    }
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new PendingWebhooksUnavailableError('unexpected answer');
  }
}

function retryAfterMsIn(error: unknown): number | undefined {
  const ms: unknown = error instanceof PendingWebhooksUnavailableError ? error.retryAfterMs : undefined;
  return typeof ms === 'number' && ms >= 0 ? ms : undefined;
}
