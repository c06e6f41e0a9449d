import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  type OnLogoutStateUnknownPolicy,
  type ResolvedSessions,
  SESSIONS_OPTIONS,
  stalenessLimitMs,
} from '../sessions/index.js';
import { SKIP_KEY } from '../core/index.js';
import { ANSWER_KEY, type LoggedOutAnswer } from './answer-logged-out.decorator.js';
import { END_KEY } from './end-with-session.decorator.js';
import { STATE_UNKNOWN_KEY } from './on-logout-state-unknown.decorator.js';

/** The metadata key that `@Sse()` of `@nestjs/common` sets. */
const SSE_KEY = '__sse__';

export interface RoutePolicy {
  readonly skip: boolean;
  readonly answer: LoggedOutAnswer | undefined;
  /** How old the logout state may be here. */
  readonly stalenessLimitMs: number;
  /** Whether the response is a stream, which is closed when its session is over. */
  readonly isStream: boolean;
}

/** The decorators of handlers. The metadata of a handler does not change, so it is read once. */
@Injectable()
export class RoutePolicies {
  // An inherited handler is one function in several classes, and each class may have other decorators.
  readonly #byClass = new WeakMap<object, WeakMap<object, RoutePolicy>>();

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
  ) {}

  of(context: ExecutionContext): RoutePolicy {
    const controller = context.getClass();
    const handler = context.getHandler();
    let byHandler = this.#byClass.get(controller);
    if (byHandler === undefined) this.#byClass.set(controller, (byHandler = new WeakMap()));
    let policy = byHandler.get(handler);
    if (policy === undefined) byHandler.set(handler, (policy = this.#read([handler, controller])));
    return policy;
  }

  #read(targets: Parameters<Reflector['getAllAndOverride']>[1]): RoutePolicy {
    const onUnknown = this.reflector.getAllAndOverride<OnLogoutStateUnknownPolicy | undefined>(
      STATE_UNKNOWN_KEY,
      targets,
    );
    return {
      skip: this.reflector.getAllAndOverride<boolean | undefined>(SKIP_KEY, targets) === true,
      answer: this.reflector.getAllAndOverride<LoggedOutAnswer | undefined>(ANSWER_KEY, targets),
      stalenessLimitMs:
        onUnknown === undefined
          ? this.options.stalenessLimitMs
          : stalenessLimitMs(onUnknown, this.options.maxStalenessMs),
      isStream: [SSE_KEY, END_KEY].some(
        (key) => this.reflector.getAllAndOverride<boolean | undefined>(key, targets) === true,
      ),
    };
  }
}
