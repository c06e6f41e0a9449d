import { describe, expect, it } from '@jest/globals';
import { type ExecutionContext, Sse, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OnLogoutStateUnknownPolicy, ResolvedSessions } from '../sessions/options.js';
import {
  AnswerLoggedOut,
  EndWithSession,
  OnLogoutStateUnknown,
  RoutePolicies,
  SkipMevetoLogout,
} from './route-policies.js';

class Streams {
  @Sse('events')
  events(): void {
    return;
  }
  read(): void {
    return;
  }
}
@EndWithSession()
class Downloads {
  read(): void {
    return;
  }
}
class Plain {
  read(): void {
    return;
  }
}
@SkipMevetoLogout()
@AnswerLoggedOut('json')
@OnLogoutStateUnknown('allow')
class Decorated extends Plain {
  @AnswerLoggedOut('redirect')
  @OnLogoutStateUnknown({ graceMs: 5 })
  write(): void {
    return;
  }
  @OnLogoutStateUnknown('deny')
  remove(): void {
    return;
  }
}

const policies = () =>
  new RoutePolicies(new Reflector(), { stalenessLimitMs: 77, maxStalenessMs: 10 } as ResolvedSessions);
const of = (type: Type, name: string, from = policies()) => {
  const handler = (type.prototype as Record<string, unknown>)[name];
  return from.of({ getClass: () => type, getHandler: () => handler } as unknown as ExecutionContext);
};

describe('RoutePolicies', () => {
  it('returns the application’s policy without decorators', () => {
    expect(of(Plain, 'read')).toEqual({
      skip: false,
      answer: undefined,
      stalenessLimitMs: 77,
      isStream: false,
    });
  });

  it('marks streams: only @Sse() and @EndWithSession()', () => {
    expect(of(Streams, 'events').isStream).toBe(true);
    expect(of(Streams, 'read').isStream).toBe(false);
    expect(of(Downloads, 'read').isStream).toBe(true);
  });

  it('uses the decorators of the class, and those of the handler before them', () => {
    expect(of(Decorated, 'read')).toEqual({
      skip: true,
      answer: 'json',
      stalenessLimitMs: Infinity,
      isStream: false,
    });
    expect(of(Decorated, 'write')).toEqual({
      skip: true,
      answer: 'redirect',
      stalenessLimitMs: 15,
      isStream: false,
    });
    expect(of(Decorated, 'remove')).toEqual({
      skip: true,
      answer: 'json',
      stalenessLimitMs: 10,
      isStream: false,
    });
  });

  it('reads each class and handler once, and keeps inherited handlers apart', () => {
    const from = policies();
    const first = of(Plain, 'read', from);
    expect(of(Decorated, 'read', from)).not.toEqual(first);
    expect(of(Plain, 'read', from)).toBe(first);
  });
});

describe('@OnLogoutStateUnknown', () => {
  it.each([
    'maybe',
    undefined,
    null,
    {},
    { graceMs: -1 },
    { graceMs: 1.5 },
    { graceMs: '5' },
    { graceMs: 4e10 },
  ])('refuses %j', (policy) => {
    expect(() => OnLogoutStateUnknown(policy as OnLogoutStateUnknownPolicy)).toThrow(TypeError);
  });
});
