import { type CustomDecorator, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { SKIP_KEY } from '../core/index.js';
import {
  isPolicy,
  type OnLogoutStateUnknownPolicy,
  type ResolvedSessions,
  SESSIONS_OPTIONS,
  stalenessLimitMs,
} from '../sessions/index.js';

/** How the guard answers a refused request: with a redirect to the login page, or with JSON. */
export type LoggedOutAnswer = 'redirect' | 'json';

/** @internal */
const ANSWER_KEY = 'meveto-logout:answer';

/**
 * On a controller or handler: sets how the guard answers a refused request there, regardless of the request's headers.
 * Without the decorator, the guard redirects requests for a page and answers all others with JSON.
 */
export const AnswerLoggedOut = (answer: LoggedOutAnswer): CustomDecorator => SetMetadata(ANSWER_KEY, answer);

/** @internal */
const END_KEY = 'meveto-logout:end-with-session';

/**
 * On a controller or handler with long HTTP responses: event streams and long polls that it writes itself, or downloads.
 * The guard closes the response when the session is over: at once after a logout, within five seconds when the session
 * is too old. `@Sse()` handlers do not need this decorator.
 */
export const EndWithSession = (): CustomDecorator => SetMetadata(END_KEY, true);

/** @internal */
const STATE_UNKNOWN_KEY = 'meveto-logout:state-unknown';

/**
 * On a controller or handler: sets what the guard does there while the logout state is older than
 * `logoutState.maxStalenessMs`, since the store did not answer. `'deny'` answers 503, `'allow'` lets requests pass,
 * `{ graceMs }` lets them pass for that many milliseconds more. Without the decorator, the option `logoutState.onUnknown` applies.
 */
export function OnLogoutStateUnknown(policy: OnLogoutStateUnknownPolicy): CustomDecorator {
  if (!isPolicy(policy)) {
    throw new TypeError(
      `@OnLogoutStateUnknown: expected 'deny', 'allow' or { graceMs } with an integer from 0 to 31536000000.`,
    );
  }
  return SetMetadata(STATE_UNKNOWN_KEY, policy);
}

/** On a controller or handler: the guard does not check sessions there. For the login page, health checks and assets. */
export const SkipMevetoLogout = (): CustomDecorator => SetMetadata(SKIP_KEY, true);

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
