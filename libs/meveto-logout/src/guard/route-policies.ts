import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type OnLogoutStateUnknownPolicy, stalenessLimitMs } from '../model/staleness.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { ANSWER_KEY, type LoggedOutAnswer } from './answer-logged-out.decorator.js';
import { END_KEY } from './end-with-session.decorator.js';
import { STATE_UNKNOWN_KEY } from './on-logout-state-unknown.decorator.js';
import { SKIP_KEY } from './skip-meveto-logout.decorator.js';

/** Where `@Sse()` of `@nestjs/common` leaves its mark. */
const SSE_KEY = '__sse__';

export interface RoutePolicy {
  readonly skip: boolean;
  readonly answer: LoggedOutAnswer | undefined;
  /** How old the knowledge of logouts may be here. */
  readonly stalenessLimitMs: number;
  /** Whether its answer goes on, and is cut off when its session ends. */
  readonly isStream: boolean;
}

/** What the decorators say of a handler. Read once for each: metadata does not change. */
@Injectable()
export class RoutePolicies {
  // A handler that a subclass inherits is one function in several classes, which may be decorated differently.
  readonly #byClass = new WeakMap<object, WeakMap<object, RoutePolicy>>();

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
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
