import { PendingWebhooksUnavailableError } from './errors.js';
import type { MevetoHttp } from './meveto-http.js';
import type { SourceRequest } from './pending-webhook-source.js';
import type { ResolvedMeveto } from './resolve-meveto.js';

/** Meveto chooses the length of a page. This size fits tens of thousands of entries; a larger page could not be read at all. */
const MAX_PAGE_BYTES = 16 * 1_048_576;

/** Requests pages of Meveto's list within bounds: a deadline, a size, no redirects. */
export class PendingListClient {
  constructor(
    private readonly meveto: MevetoHttp,
    private readonly options: ResolvedMeveto,
  ) {}

  /**
   * Returns the body of an answer with HTTP 200.
   * @throws {PendingWebhooksUnavailableError} for any other answer, with the pause that Meveto asks for
   */
  async get(path: string, { query = {}, headers = {} }: SourceRequest, signal: AbortSignal): Promise<string> {
    const { clientId, clientSecret, exchange } = this.options;
    const isAuthorized = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
    const answer = await this.meveto.get({
      path,
      query,
      headers,
      ...(!isAuthorized && { auth: { username: clientId, password: clientSecret } }),
      timeoutMs: exchange.timeoutMs,
      maxBytes: MAX_PAGE_BYTES,
      signal,
    });
    if (answer.kind === 'failure') throw new PendingWebhooksUnavailableError(answer.reason);
    if (answer.status === 200) return answer.body;
    throw new PendingWebhooksUnavailableError(`http-${String(answer.status)}`, answer.retryAfterMs);
  }
}
