import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ANSWER_KEY, type LoggedOutAnswer } from './answer-logged-out.decorator.js';
import { SKIP_KEY } from './skip-meveto-logout.decorator.js';

export interface RoutePolicy {
  readonly skip: boolean;
  readonly answer: LoggedOutAnswer | undefined;
}

/** What the decorators say of a route. Read once for each handler: metadata does not change. */
@Injectable()
export class RoutePolicies {
  // A handler that a subclass inherits is one function in several classes, which may be decorated differently.
  readonly #byClass = new WeakMap<object, WeakMap<object, RoutePolicy>>();

  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  of(context: ExecutionContext): RoutePolicy {
    const controller = context.getClass();
    const handler = context.getHandler();
    let byHandler = this.#byClass.get(controller);
    if (byHandler === undefined) this.#byClass.set(controller, (byHandler = new WeakMap()));
    let policy = byHandler.get(handler);
    if (policy === undefined) {
      const targets = [handler, controller];
      policy = {
        skip: this.reflector.getAllAndOverride<boolean | undefined>(SKIP_KEY, targets) === true,
        answer: this.reflector.getAllAndOverride<LoggedOutAnswer | undefined>(ANSWER_KEY, targets),
      };
      byHandler.set(handler, policy);
    }
    return policy;
  }
}
