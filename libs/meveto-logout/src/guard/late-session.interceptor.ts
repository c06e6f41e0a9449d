import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { SessionCheckDispatcher } from './session-check-dispatcher.js';

/**
 * Reads `request.user` again after all guards have run. A global guard runs before the guards of a controller, which may
 * set `request.user`.
 *
 * It registers itself as the first global interceptor, so that no interceptor of the application answers before it (e.g.
 * from a cache). It does so only if there are such readers, since an interceptor slows down every request.
 */
@Injectable()
export class LateSessionInterceptor implements NestInterceptor {
  constructor(
    @Inject(SessionCheckDispatcher) private readonly dispatcher: SessionCheckDispatcher,
    @Inject(ApplicationConfig) application: ApplicationConfig,
  ) {
    if (dispatcher.hasLateReaders) application.addGlobalInterceptor(this);
  }

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const checked = this.dispatcher.checkAgain(context);
    return checked === true ? next.handle() : checked.then(() => next.handle());
  }
}
