import {
  type Faults,
  group,
  isObject,
  milliseconds,
  type Option,
  refuseOtherNames,
  type Resolved,
  resolveTable,
  type TableOf,
} from '../core/index.js';
import type { SessionReader } from './session-reader.port.js';
import type { SessionFacts } from './session.js';

/** The sessions of requests and messages, and the logout state. */
export interface SessionsOptions {
  /**
   * Reads the user of a request, and when the user logged in. With several readers, one session that is over suffices
   * for a refusal.
   */
  readonly session: SessionReader | readonly SessionReader[];
  /** Reads the sessions of messages to microservice handlers and to gateways of the `ws` adapter. */
  readonly sessionOfMessage?: SessionOfMessage;
  readonly logoutState?: LogoutStateOptions;
}

/** Reads the sessions of messages that do not arrive over HTTP. */
export interface SessionOfMessage {
  /**
   * Returns the session of a message to a microservice handler, or undefined for a message without a session, which passes.
   * Without this function, all such messages pass, with one warning.
   * @defaultValue none
   */
  readonly rpc?: (data: unknown, context: unknown) => FoundFacts | Promise<FoundFacts>;
  /**
   * Returns the session of a message to a WebSocket gateway. Sockets of Socket.IO need no function, since the guard reads
   * their handshake. Sockets of the `ws` adapter carry no request: without this function they pass, with one warning.
   * @defaultValue none
   */
  readonly ws?: (client: unknown, data: unknown) => FoundFacts | Promise<FoundFacts>;
}

type FoundFacts = SessionFacts | undefined;

/** How old the logout state may be. */
export interface LogoutStateOptions {
  /**
   * Maximum age of the logout state. With an older state, the guard answers 503. Integer, 100 to 86 400 000 (a day), and at
   * least twice `logouts.pollIntervalMs`.
   * @defaultValue 10000, or twice `logouts.pollIntervalMs` if that is more
   */
  readonly maxStalenessMs?: number;
  /**
   * What the guard does with an older logout state on routes without `@OnLogoutStateUnknown`: `'deny'` answers 503, `'allow'`
   * lets requests pass, `{ graceMs }` lets requests pass for that many milliseconds beyond `maxStalenessMs`. `graceMs`: 0 to
   * 31 536 000 000 (a year).
   * @defaultValue 'deny'
   */
  readonly onUnknown?: OnLogoutStateUnknownPolicy;
}

const DAY_MS = 86_400_000;

const session: Option<readonly SessionReader[]> = {
  shape: 'session reader, or a list of them',
  byDefault: 'required',
  read: (name, given, faults) => {
    const readers: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (readers.length > 0 && readers.every(isReader)) return readers;
    faults.add(
      `${name}: expected a session reader, e.g. expressSession() or bearerToken({ verify }), or a list of them.`,
    );
    return [];
  },
};

const isReader = (value: unknown): value is SessionReader =>
  isObject(value) && typeof value['read'] === 'function';

/** A function that reads the facts of a session from a message. */
const factsOfMessage = <Read>(): Option<Read | undefined> => ({
  shape: 'function',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined || typeof given === 'function') return given as Read | undefined;
    faults.add(
      `${name}: expected a function that returns { userId, signedInAt }, or undefined for no session.`,
    );
    return undefined;
  },
});

const onUnknown: Option<OnLogoutStateUnknownPolicy> = {
  shape: "'deny', 'allow' or { graceMs }",
  byDefault: "'deny'",
  read: (name, given, faults) => {
    const policy = given === undefined ? 'deny' : given;
    refuseOtherNames(['graceMs'], policy, faults, `${name}.`);
    if (isPolicy(policy)) return policy;
    faults.add(
      `${name}: expected 'deny', 'allow' or { graceMs } with an integer from 0 to 31536000000. ` +
        `Leave it out for the default, 'deny'.`,
    );
    return 'deny';
  },
};

/** @param shortestStalenessMs the shortest `maxStalenessMs` that the poll interval allows */
export const sessionsTable = (shortestStalenessMs = 100) =>
  ({
    session,
    sessionOfMessage: group({
      rpc: factsOfMessage<NonNullable<SessionOfMessage['rpc']>>(),
      ws: factsOfMessage<NonNullable<SessionOfMessage['ws']>>(),
    } satisfies TableOf<SessionOfMessage>),
    logoutState: group({
      maxStalenessMs: milliseconds(Math.max(10_000, shortestStalenessMs), shortestStalenessMs, DAY_MS),
      onUnknown,
    } satisfies TableOf<LogoutStateOptions>),
  }) satisfies TableOf<SessionsOptions>;

export interface ResolvedSessions {
  readonly sessions: readonly SessionReader[];
  readonly sessionOfMessage: Resolved<ReturnType<typeof sessionsTable>>['sessionOfMessage'];
  readonly maxStalenessMs: number;
  /** How old the logout state may be on routes without a decorator. Infinity: requests always pass. */
  readonly stalenessLimitMs: number;
}

/** Token of the resolved options of this folder. */
export const SESSIONS_OPTIONS = Symbol.for('nestjs-meveto-logout:sessions-options');

export function resolveSessions(
  given: unknown,
  shortestStalenessMs: number,
  faults: Faults,
): ResolvedSessions {
  const { session, sessionOfMessage, logoutState } = resolveTable(
    sessionsTable(shortestStalenessMs),
    given,
    faults,
  );
  const { maxStalenessMs, onUnknown } = logoutState;
  return {
    sessions: session,
    sessionOfMessage,
    maxStalenessMs,
    stalenessLimitMs: stalenessLimitMs(onUnknown, maxStalenessMs),
  };
}

/**
 * What the guard does with a request that carries a session while the logout state is older than
 * `logoutState.maxStalenessMs`: refuse the request with 503, let it pass, or let it pass for `graceMs` milliseconds more and
 * refuse it then. Known logouts always count.
 */
export type OnLogoutStateUnknownPolicy = 'deny' | 'allow' | { readonly graceMs: number };

const LONGEST_GRACE_MS = 31_536_000_000;

/** How old the logout state may be under this policy, in milliseconds; Infinity for any age. */
export function stalenessLimitMs(policy: OnLogoutStateUnknownPolicy, maxStalenessMs: number): number {
  if (policy === 'allow') return Infinity;
  return policy === 'deny' ? maxStalenessMs : maxStalenessMs + policy.graceMs;
}

/** Whether the value is a valid policy. JavaScript callers may pass anything. */
export function isPolicy(policy: unknown): policy is OnLogoutStateUnknownPolicy {
  if (policy === 'deny' || policy === 'allow') return true;
  if (typeof policy !== 'object' || policy === null || !('graceMs' in policy)) return false;
  const { graceMs } = policy;
  return (
    typeof graceMs === 'number' && Number.isInteger(graceMs) && graceMs >= 0 && graceMs <= LONGEST_GRACE_MS
  );
}
