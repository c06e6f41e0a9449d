import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { BaseWsExceptionFilter } from '@nestjs/websockets';
import type { Request, Response } from 'express';
import { messagePage } from '../pages/message-page.js';
import { type ErrorAnswer, errorAnswer } from './error-answer.js';
import { wantsJson } from './negotiation.js';
import { sendPage } from './send-page.js';

const LOG_OUTAGE_EVERY_MS = 1_000;

/** Answers every failed request as a page or as JSON, without ever showing a stack. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Request');
  private readonly websocket = new BaseWsExceptionFilter();
  private outageLoggedAt = -Infinity;

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      this.websocket.catch(error, host);
      return;
    }
    const answer = errorAnswer(error);
    this.log(answer, error);
    const http = host.switchToHttp();
    send(answer, http.getRequest<Request>(), http.getResponse<Response>());
  }

  private log(answer: ErrorAnswer, error: unknown): void {
    if (answer.log === 'unexpected') {
      this.logger.error(error instanceof Error ? error.stack : String(error));
    } else if (answer.log === 'outage' && performance.now() - this.outageLoggedAt > LOG_OUTAGE_EVERY_MS) {
      this.outageLoggedAt = performance.now();
      this.logger.warn(`Answered 503: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function send(answer: ErrorAnswer, request: Request, response: Response): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  if (answer.status < 400) {
    // The module's guard redirects a logged out user to the login, and has already set the location.
    response.status(answer.status).set('Cache-Control', 'no-store').end();
    return;
  }
  if (answer.retryAfterSeconds !== undefined) response.set('Retry-After', String(answer.retryAfterSeconds));
  if (wantsJson(request)) response.status(answer.status).set('Cache-Control', 'no-store').json(answer.body);
  else sendPage(response, answer.status, messagePage(answer.page));
}
