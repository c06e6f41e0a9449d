import { PendingWebhooksUnavailableError } from './errors.js';
import type { MevetoHttp } from './meveto-http.js';
import { PendingListClient } from './pending-list-client.js';
import { pendingPageOf } from './pending-page.js';
import { PendingWebhooks, type PendingPage } from './pending-webhooks.port.js';
import type { ResolvedMeveto } from './resolve-meveto.js';

/** Reads the list of pending webhooks over HTTP. The whole contract is an assumption, see docs/protocol.md#list-of-pending-webhooks. */
export class HttpPendingWebhooks extends PendingWebhooks {
  readonly #client: PendingListClient;

  constructor(
    meveto: MevetoHttp,
    private readonly options: ResolvedMeveto,
  ) {
    super();
    this.#client = new PendingListClient(meveto, options);
  }

  override async page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    const query = cursor === undefined ? {} : { cursor };
    const page = pendingPageOf(await this.#client.get(this.options.reconcile.path, { query }, signal));
    if (page === undefined) throw new PendingWebhooksUnavailableError('unexpected answer');
    return page;
  }
}
