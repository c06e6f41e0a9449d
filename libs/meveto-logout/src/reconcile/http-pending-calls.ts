import { Inject, Injectable } from '@nestjs/common';
import { PendingCallsUnavailableError } from '../errors.js';
import { MevetoHttp } from '../meveto-api/meveto-http.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { PendingCalls, type PendingPage } from './pending-calls.port.js';
import { pendingPageOf } from './pending-page.js';

/** How long a page is, is for Meveto to choose: tens of thousands of calls fit. */
const MAX_PAGE_BYTES = 16 * 1_048_576;

/** Reads the pending list with HTTP Basic. The whole contract is an assumption, see docs/protocol.md#pending-calls. */
@Injectable()
export class HttpPendingCalls extends PendingCalls {
  constructor(
    @Inject(MevetoHttp) private readonly meveto: MevetoHttp,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
  }

  override async page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    const { clientId, clientSecret, exchange, reconcile } = this.options;
    const answer = await this.meveto.get({
      path: reconcile.path,
      query: cursor === undefined ? {} : { cursor },
      auth: { username: clientId, password: clientSecret },
      timeoutMs: exchange.timeoutMs,
      maxBytes: MAX_PAGE_BYTES,
      signal,
    });
    if (answer.kind === 'failure') throw new PendingCallsUnavailableError(answer.reason);
    if (answer.status !== 200)
      throw new PendingCallsUnavailableError(`http-${String(answer.status)}`, answer.retryAfterMs);
    const page = pendingPageOf(answer.body);
    if (page === undefined) throw new PendingCallsUnavailableError('unexpected answer');
    return page;
  }
}
