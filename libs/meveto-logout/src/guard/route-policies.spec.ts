import { describe, expect, it } from '@jest/globals';
import { type ExecutionContext, Sse, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OnLogoutStateUnknownPolicy } from '../model/staleness.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { AnswerLoggedOut } from './answer-logged-out.decorator.js';
import { EndWithSession } from './end-with-session.decorator.js';
import { OnLogoutStateUnknown } from './on-logout-state-unknown.decorator.js';
import { RoutePolicies } from './route-policies.js';
import { SkipMevetoLogout } from './skip-meveto-logout.decorator.js';

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
  new RoutePolicies(new Reflector(), { stalenessLimitMs: 77, maxStalenessMs: 10 } as ResolvedOptions);
const of = (type: Type, name: string, from = policies()) => {
  const handler = (type.prototype as Record<string, unknown>)[name];
  return from.of({ getClass: () => type, getHandler: () => handler } as unknown as ExecutionContext);
};

describe('the policy of a route', () => {
  it('is the application’s where nothing is decorated', () => {
    expect(of(Plain, 'read')).toEqual({
      skip: false,
      answer: undefined,
      stalenessLimitMs: 77,
      isStream: false,
    });
  });

  it('says where the answer goes on: at @Sse() and @EndWithSession(), and nowhere else', () => {
    expect(of(Streams, 'events').isStream).toBe(true);
    expect(of(Streams, 'read').isStream).toBe(false);
    expect(of(Downloads, 'read').isStream).toBe(true);
  });

  it('is what its class says, or nearer, its handler', () => {
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

  it('is read once for each class and handler, inherited ones apart', () => {
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
