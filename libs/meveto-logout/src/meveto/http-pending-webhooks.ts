import { PendingWebhooksUnavailableError } from './errors.js';
import type { MevetoHttp, MevetoRequest } from './meveto-http.js';
import type { ResolvedMeveto } from './resolve-meveto.js';
import { inTime } from './in-time.js';
import { PendingWebhooks, type PendingPage } from './pending-webhooks.port.js';
import { pendingPageOf } from './pending-page.js';

/** Meveto chooses the length of a page. This size fits tens of thousands of entries; a larger page could not be read at all. */
const MAX_PAGE_BYTES = 16 * 1_048_576;

/** Reads the list of pending webhooks over HTTP. The whole contract is an assumption, see docs/protocol.md#list-of-pending-webhooks. */
export class HttpPendingWebhooks extends PendingWebhooks {
  constructor(
    private readonly meveto: MevetoHttp,
    private readonly options: ResolvedMeveto,
  ) {
    super();
  }

  override async page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    const { exchange, reconcile } = this.options;
    const answer = await this.meveto.get({
      path: reconcile.path,
      query: cursor === undefined ? {} : { [reconcile.cursorParameter]: cursor },
      ...(await this.#credentials(signal)),
      timeoutMs: exchange.timeoutMs,
      maxBytes: MAX_PAGE_BYTES,
      signal,
    });
    if (answer.kind === 'failure') throw new PendingWebhooksUnavailableError(answer.reason);
    if (answer.status !== 200)
      throw new PendingWebhooksUnavailableError(`http-${String(answer.status)}`, answer.retryAfterMs);
    const page = pendingPageOf(answer.body, reconcile);
    if (page === undefined) throw new PendingWebhooksUnavailableError('unexpected answer');
    return page;
  }

  async #credentials(signal: AbortSignal): Promise<Pick<MevetoRequest, 'auth' | 'headers'>> {
    const { clientId, clientSecret, exchange, reconcile } = this.options;
    const { authentication } = reconcile;
    if (authentication === 'basic') return { auth: { username: clientId, password: clientSecret } };
    const given = inTime(() => authentication(), exchange.timeoutMs, signal);
    // The error is not passed on: its text may contain a secret.
    const headers: unknown = await given.catch(() => undefined);
    if (isHeaders(headers)) return { headers };
    throw new PendingWebhooksUnavailableError('reconcile.authentication returned no headers');
  }
}

const isHeaders = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((header) => typeof header === 'string');
