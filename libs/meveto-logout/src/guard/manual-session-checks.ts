import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { checkedFacts, SessionValidator, type SessionState, type SessionToCheck } from '../sessions/index.js';
import { RefusalWriter } from './refusal-writer.js';
import { LoggedOutException, LogoutStateUnknownException, withGraphqlError } from './refusal.js';

/** Checks sessions for the application's own code, by the same validator as the guard. */
@Injectable()
export class ManualSessionChecks {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(RefusalWriter) private readonly writer: RefusalWriter,
  ) {}

  stateOf(session: SessionToCheck): SessionState {
    return this.validator.stateOf(checkedFacts('sessionState', session));
  }

  /** @param response the response of the current HTTP request: receives the headers of the refusal */
  assertLive(session: SessionToCheck, response: object | undefined): void {
    const facts = checkedFacts('assertLive', session);
    const refusal = this.validator.validate([facts]);
    if (refusal === undefined) return;
    if (refusal.reason === 'logout-state-unknown') {
      if (response !== undefined) this.writer.setRetryAfter(response);
      throw withGraphqlError(new LogoutStateUnknownException());
    }
    throw withGraphqlError(
      response === undefined
        ? new LoggedOutException(refusal.reason, HttpStatus.UNAUTHORIZED, refusal.cause)
        : this.writer.asJson(response, refusal),
    );
  }
}
