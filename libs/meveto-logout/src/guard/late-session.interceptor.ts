import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { SessionGates } from './session-gates.js';

/**
 * Asks readers of `request.user` again after all guards have run: a global guard runs before those of a controller, which
 * may be the ones that put it there.
 *
 * It makes itself the first of the global interceptors, so that none of the application's answers in its place (from a
 * cache, for example), and only where there are such readers: an interceptor costs every request something.
 */
@Injectable()
export class LateSessionInterceptor implements NestInterceptor {
  constructor(
    @Inject(SessionGates) private readonly gates: SessionGates,
    @Inject(ApplicationConfig) application: ApplicationConfig,
  ) {
    if (gates.hasLateReaders) application.addGlobalInterceptor(this);
  }

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const entered = this.gates.enterAgain(context);
    return entered === true ? next.handle() : entered.then(() => next.handle());
  }
}
