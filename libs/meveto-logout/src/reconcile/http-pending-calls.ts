import { PendingCallsUnavailableError } from '../errors.js';
import type { MevetoHttp, MevetoRequest } from '../meveto-api/meveto-http.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { inTime } from './in-time.js';
import { PendingCalls, type PendingPage } from './pending-calls.port.js';
import { pendingPageOf } from './pending-page.js';

/** How long a page is, is for Meveto to choose: tens of thousands of calls fit. One that could not be read would hide them all. */
const MAX_PAGE_BYTES = 16 * 1_048_576;

/** Reads the pending list over HTTP. The whole contract is an assumption, see docs/protocol.md#pending-calls. */
export class HttpPendingCalls extends PendingCalls {
  constructor(
    private readonly meveto: MevetoHttp,
    private readonly options: ResolvedOptions,
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
    if (answer.kind === 'failure') throw new PendingCallsUnavailableError(answer.reason);
    if (answer.status !== 200)
      throw new PendingCallsUnavailableError(`http-${String(answer.status)}`, answer.retryAfterMs);
    const page = pendingPageOf(answer.body, reconcile);
    if (page === undefined) throw new PendingCallsUnavailableError('unexpected answer');
    return page;
  }

  async #credentials(signal: AbortSignal): Promise<Pick<MevetoRequest, 'auth' | 'headers'>> {
    const { clientId, clientSecret, exchange, reconcile } = this.options;
    const { authentication } = reconcile;
    if (authentication === 'basic') return { auth: { username: clientId, password: clientSecret } };
    const deadline = AbortSignal.any([AbortSignal.timeout(exchange.timeoutMs), signal]);
    // What it throws is not passed on: it may hold a secret.
    const headers: unknown = await inTime(authentication, deadline).catch(() => undefined);
    if (isHeaders(headers)) return { headers };
    throw new PendingCallsUnavailableError('reconcile.authentication gave no headers');
  }
}

const isHeaders = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((header) => typeof header === 'string');
