import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { RefusalReason } from '../model/session-verdict.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import type { LoggedOutAnswer } from './answer-logged-out.decorator.js';
import { clearingCookie, LoggedOutException, wantsPage } from './refusal.js';

const RETRY_AFTER_SECONDS = '2';

/**
 * Sets the headers of a refusal and makes its exception. The answer itself is left to the application's exception
 * filters: status and headers say everything that matters, whatever body a filter writes.
 */
@Injectable()
export class RefusalWriter {
  readonly #clearingCookies: readonly string[];

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.#clearingCookies = options.whenLoggedOut.clearCookies.map(clearingCookie);
  }

  prepare(
    reason: RefusalReason,
    request: SessionRequest & { readonly method?: string },
    response: object,
    answer: LoggedOutAnswer | undefined,
  ): LoggedOutException {
    const { httpAdapter } = this.host;
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    const isPage = answer === undefined ? wantsPage(request.method, request.headers) : answer === 'redirect';
    if (!isPage) {
      httpAdapter.setHeader(response, 'WWW-Authenticate', 'Bearer');
      return new LoggedOutException(reason, HttpStatus.UNAUTHORIZED);
    }
    httpAdapter.setHeader(response, 'Location', this.options.whenLoggedOut.redirectTo);
    for (const line of this.#clearingCookies) httpAdapter.appendHeader(response, 'Set-Cookie', line);
    return new LoggedOutException(reason, HttpStatus.SEE_OTHER);
  }

  setRetryAfter(response: object): void {
    this.host.httpAdapter.setHeader(response, 'Retry-After', RETRY_AFTER_SECONDS);
  }
}
