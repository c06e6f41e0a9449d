import { describe, expect, it, jest } from '@jest/globals';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { firstValueFrom, of } from 'rxjs';
import { bearerToken } from '../sessions/bearer-token-reader.js';
import { requestUser } from '../sessions/request-user-reader.js';
import type { SessionReader } from '../sessions/session-reader.port.js';
import type { ReaderAudit } from '../sessions/reader-audit.js';
import type { GraphqlSessionCheck } from './graphql-session-check.js';
import type { HttpSessionCheck } from './http-session-check.js';
import { LateSessionInterceptor, SessionCheckDispatcher } from './meveto-logout.guard.js';
import type { RoutePolicies } from './route-policies.js';
import type { RpcSessionCheck, WsSessionCheck } from './message-checks.js';
import type { ResolvedSessions } from '../sessions/options.js';

const early = bearerToken({ verify: () => undefined });
const late = requestUser();

type Enter = (...given: unknown[]) => true | Promise<true>;
const KINDS = ['http', 'graphql', 'ws', 'rpc'] as const;
type Kind = (typeof KINDS)[number];

/** The dispatcher with session checks that let everything pass, and record their arguments. */
function checksOf(sessions: readonly SessionReader[], skip = false) {
  const policy = { skip, answer: undefined, stalenessLimitMs: 1 };
  const [http, graphql, ws, rpc] = KINDS.map(() => jest.fn<Enter>(() => true)) as [
    jest.Mock<Enter>,
    jest.Mock<Enter>,
    jest.Mock<Enter>,
    jest.Mock<Enter>,
  ];
  const guarded = jest.fn();
  const checks = new SessionCheckDispatcher(
    { of: () => policy } as unknown as RoutePolicies,
    { check: http } as unknown as HttpSessionCheck,
    { check: graphql } as unknown as GraphqlSessionCheck,
    { check: ws } as unknown as WsSessionCheck,
    { check: rpc } as unknown as RpcSessionCheck,
    { guarded } as unknown as ReaderAudit,
    { sessions } as ResolvedSessions,
  );
  const enters: Record<Kind, jest.Mock<Enter>> = { http, graphql, ws, rpc };
  /** The recorded arguments of the session checks, in the order of kinds. */
  const asked = () => KINDS.flatMap((kind) => enters[kind].mock.calls.map((given) => [kind, ...given]));
  return { checks, enters, policy, guarded, asked };
}

const contextOf = (type: string, args: unknown[] = [{}, {}, {}, {}]) =>
  ({ getType: () => type, getArgs: () => args }) as unknown as ExecutionContext;

describe('the first check of a request', () => {
  it.each(KINDS)('runs the session check of the context %s', async (type) => {
    const { checks, enters, policy, guarded, asked } = checksOf([early]);
    const context = contextOf(type);
    expect(checks.check(context)).toBe(true);
    expect(asked()).toEqual([[type, context, policy]]);
    expect(guarded).toHaveBeenCalledTimes(1);
    const over = new Error('over');
    enters[type].mockRejectedValueOnce(over);
    await expect(checks.check(context)).rejects.toBe(over);
  });

  it('lets other kinds of contexts and skipped handlers pass', () => {
    const foreign = checksOf([early]);
    expect(foreign.checks.check(contextOf('telegraph'))).toBe(true);
    const skipped = checksOf([late], true);
    expect(skipped.checks.check(contextOf('http'))).toBe(true);
    expect([foreign.asked(), skipped.asked(), skipped.guarded.mock.calls]).toEqual([[], [], []]);
  });
});

describe('the second check of a request, after all guards,', () => {
  it.each<['http' | 'graphql', unknown[]]>([
    ['http', [{ request: 1 }]],
    ['graphql', [undefined, {}, {}, { info: 1 }]],
  ])('reads only the late readers: %s', async (type, args) => {
    const { checks, enters, policy, asked } = checksOf([early, late]);
    // Guards and interceptors receive different contexts of the same request.
    const context = contextOf(type, [...args]);
    const again = contextOf(type, [...args]);
    expect([checks.check(context), checks.checkAgain(again)]).toEqual([true, true]);
    expect(asked()).toEqual([
      [type, context, policy],
      [type, again, policy, [late]],
    ]);
    const over = new Error('over');
    enters[type].mockRejectedValueOnce(over);
    await expect(checks.checkAgain(again)).rejects.toBe(over);
  });

  it.each(KINDS)('does nothing if the guard did not check the request: %s', (type) => {
    const { checks, asked } = checksOf([late]);
    expect(checks.check(contextOf(type))).toBe(true);
    expect(checks.checkAgain(contextOf(type))).toBe(true);
    expect(asked()).toHaveLength(1);
  });

  it('does nothing for skipped handlers', () => {
    const { checks, asked } = checksOf([late], true);
    const context = contextOf('http');
    expect([checks.check(context), checks.checkAgain(context)]).toEqual([true, true]);
    expect(asked()).toEqual([]);
  });
});

describe('LateSessionInterceptor', () => {
  /** The interceptor for a request that has passed the guard. */
  function interceptorOf(sessions: readonly SessionReader[]) {
    const { checks, enters } = checksOf(sessions);
    const addGlobalInterceptor = jest.fn();
    const application = { addGlobalInterceptor } as unknown as ApplicationConfig;
    const interceptor = new LateSessionInterceptor(checks, application);
    const context = contextOf('http');
    expect(checks.check(context)).toBe(true);
    return { interceptor, addGlobalInterceptor, context, check: enters.http };
  }
  const handler = () => {
    const handle = jest.fn(() => of('handled'));
    return { handle } satisfies CallHandler;
  };

  it('registers itself globally only if there are late readers', () => {
    const { interceptor, addGlobalInterceptor } = interceptorOf([early, late]);
    expect(addGlobalInterceptor.mock.calls).toEqual([[interceptor]]);
    expect(interceptorOf([early]).addGlobalInterceptor).not.toHaveBeenCalled();
  });

  it('runs the handler after a check that passes, synchronous or not', async () => {
    const { interceptor, context, check } = interceptorOf([late]);
    const now = interceptor.intercept(context, handler());
    expect(now).not.toBeInstanceOf(Promise);
    expect(await firstValueFrom(await now)).toBe('handled');
    let letIn: (value: true) => void = () => undefined;
    check.mockReturnValueOnce(new Promise((resolve) => (letIn = resolve)));
    const next = handler();
    const later = interceptor.intercept(context, next);
    await Promise.resolve();
    expect(next.handle).not.toHaveBeenCalled();
    letIn(true);
    expect(await firstValueFrom(await later)).toBe('handled');
  });

  it('does not run the handler if the check refuses', async () => {
    const { interceptor, context, check } = interceptorOf([late]);
    check.mockRejectedValueOnce(new Error('over'));
    const next = handler();
    await expect(interceptor.intercept(context, next)).rejects.toThrow('over');
    expect(next.handle).not.toHaveBeenCalled();
  });
});
