import { HttpException } from '@nestjs/common';
import { isDatabaseFailure } from '../database/database-failure.js';
import { MevetoUnavailableError } from '../meveto-login/meveto-unavailable-error.js';
import type { Message } from '../pages/message-page.js';

/** The answer to a failed request. */
export interface ErrorAnswer {
  readonly status: number;
  /** The body of a JSON answer. */
  readonly body: object;
  readonly page: Message;
  readonly retryAfterSeconds?: number;
  /** Whether to log the error: `unexpected` with its stack, `outage` in one line. */
  readonly log?: 'unexpected' | 'outage';
}

/** Chooses the answer to an error: Retry-After for a database failure, no details for an unexpected error. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof HttpException) return httpAnswer(error);
  if (codeOf(error) === 'ERR_MEVETO_LOGIN_OUTDATED') {
    const text = 'You were logged out while you were logging in. Please log in again.';
    return {
      status: 409,
      body: { statusCode: 409, message: text },
      page: { title: 'Please log in again', text },
    };
  }
  if (codeOf(error) === 'ERR_MEVETO_STORE_UNAVAILABLE' || isDatabaseFailure(error)) {
    const text = 'The application cannot reach its database. Please try again in a moment.';
    return {
      status: 503,
      body: { statusCode: 503, message: text },
      page: { title: 'One moment, please', text },
      retryAfterSeconds: 2,
      log: 'outage',
    };
  }
  if (error instanceof MevetoUnavailableError) {
    const text = error.message;
    return {
      status: 502,
      body: { statusCode: 502, message: text },
      page: { title: 'Meveto does not answer', text },
    };
  }
  const text = 'Something went wrong on our side.';
  return {
    status: 500,
    body: { statusCode: 500, message: text },
    page: { title: 'Something went wrong', text },
    log: 'unexpected',
  };
}

function httpAnswer(error: HttpException): ErrorAnswer {
  const status = error.getStatus();
  const given = error.getResponse();
  const body = typeof given === 'string' ? { statusCode: status, message: given } : given;
  const text = 'message' in body && typeof body.message === 'string' ? body.message : error.message;
  // Nest's own text for an unknown route is for programs.
  const words = /^Cannot [A-Z]+ \//.test(text) ? 'There is no page at this address.' : text;
  return { status, body, page: { title: titleOf(status), text: words } };
}

function titleOf(status: number): string {
  if (status === 404) return 'Nothing here';
  if (status === 503) return 'One moment, please';
  return 'That did not work';
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
