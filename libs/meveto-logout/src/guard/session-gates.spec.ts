import { describe, expect, it, jest } from '@jest/globals';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { firstValueFrom, of } from 'rxjs';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { bearerToken } from '../session/bearer-token-reader.js';
import { requestUser } from '../session/request-user-reader.js';
import type { SessionReader } from '../session/session-reader.port.js';
import type { GraphqlGate } from './graphql-gate.js';
import type { HttpGate } from './http-gate.js';
import { LateSessionInterceptor } from './late-session.interceptor.js';
import type { RoutePolicies } from './route-policies.js';
import type { RpcGate } from './rpc-gate.js';
import { SessionGates } from './session-gates.js';
import type { WsGate } from './ws-gate.js';

const early = bearerToken({ verify: () => undefined });
const late = requestUser();

function gatesOf(sessions: readonly SessionReader[], skip = false) {
  const policy = { skip, answer: undefined, stalenessLimitMs: 1 };
  const gate = (name: string) => {
    const enter = jest.fn<(...given: unknown[]) => unknown>(() => name);
    return { enter };
  };
  const [http, graphql, ws, rpc] = ['http', 'graphql', 'ws', 'rpc'].map(gate);
  const gates = new SessionGates(
    { of: () => policy } as unknown as RoutePolicies,
    http as unknown as HttpGate,
    graphql as unknown as GraphqlGate,
    ws as unknown as WsGate,
    rpc as unknown as RpcGate,
    { sessions } as ResolvedOptions,
  );
  return { gates, http, policy };
}

const contextOf = (type: string, args: unknown[] = [{}, {}, {}, {}]) =>
  ({ getType: () => type, getArgs: () => args }) as unknown as ExecutionContext;

describe('a request', () => {
  it.each(['http', 'graphql', 'ws', 'rpc'])('goes through the gate of its kind: %s', (type) => {
    expect(gatesOf([early]).gates.enter(contextOf(type))).toBe(type);
  });

  it('of another kind passes, and so does what is not to be guarded', () => {
    expect(gatesOf([early]).gates.enter(contextOf('telegraph'))).toBe(true);
    expect(gatesOf([late], true).gates.enter(contextOf('http'))).toBe(true);
  });
});

describe('what has come onto a request since the guard looked', () => {
  it.each([
    ['http', [{ request: 1 }]],
    ['graphql', [undefined, {}, {}, { info: 1 }]],
  ])('is asked of the late readers alone: %s', (type, args) => {
    const { gates, http, policy } = gatesOf([early, late]);
    // Guards and interceptors have contexts of their own, of the same request.
    void gates.enter(contextOf(type, [...args]));
    const again = contextOf(type, [...args]);
    expect(gates.enterAgain(again)).toBe(type);
    if (type === 'http') expect(http?.enter).toHaveBeenLastCalledWith(again, policy, [late]);
  });

  it.each(['http', 'graphql', 'ws', 'rpc'])('is not asked where the guard does not stand: %s', (type) => {
    const { gates } = gatesOf([late]);
    void gates.enter(contextOf(type));
    expect(gates.enterAgain(contextOf(type))).toBe(true);
  });

  it('is not asked where there is nothing to guard', () => {
    const { gates } = gatesOf([late], true);
    const context = contextOf('http');
    void gates.enter(context);
    expect(gates.enterAgain(context)).toBe(true);
  });
});

describe('the interceptor', () => {
  const interceptorOf = (sessions: readonly SessionReader[], entered: unknown) => {
    const addGlobalInterceptor = jest.fn();
    const { gates } = gatesOf(sessions);
    jest.spyOn(gates, 'enterAgain').mockReturnValue(entered as true);
    const application = { addGlobalInterceptor } as unknown as ApplicationConfig;
    return { interceptor: new LateSessionInterceptor(gates, application), addGlobalInterceptor };
  };
  const handler = () => {
    const handle = jest.fn(() => of('handled'));
    return { handle } satisfies CallHandler;
  };

  it('stands before all handlers if there are late readers, and else nowhere', () => {
    const { interceptor, addGlobalInterceptor } = interceptorOf([early, late], true);
    expect(addGlobalInterceptor.mock.calls).toEqual([[interceptor]]);
    expect(interceptorOf([early], true).addGlobalInterceptor).not.toHaveBeenCalled();
  });

  it('lets the handler run when its request may enter, now or later', async () => {
    const now = interceptorOf([late], true).interceptor.intercept(contextOf('http'), handler());
    expect(now).not.toBeInstanceOf(Promise);
    expect(await firstValueFrom(await now)).toBe('handled');
    const later = interceptorOf([late], Promise.resolve(true)).interceptor;
    expect(await firstValueFrom(await later.intercept(contextOf('http'), handler()))).toBe('handled');
  });

  it('does not when it may not', async () => {
    const next = handler();
    const { interceptor } = interceptorOf([late], Promise.reject(new Error('over')));
    await expect(interceptor.intercept(contextOf('http'), next)).rejects.toThrow('over');
    expect(next.handle).not.toHaveBeenCalled();
  });
});
