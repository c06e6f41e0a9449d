import { describe, expect, it } from '@jest/globals';
import { type CanActivate, type Type, UseGuards } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { requestUser } from '../sessions/request-user-reader.js';
import { expressSession } from '../sessions/express-session-reader.js';
import { GuardAudit } from './guard-audit.js';
import { MevetoLogoutGuard, type SessionCheckDispatcher } from './meveto-logout.guard.js';
import type { SessionReader } from '../sessions/session-reader.port.js';
import type { ResolvedSessions } from '../sessions/options.js';

class OtherGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}
const instance = new MevetoLogoutGuard({} as SessionCheckDispatcher);

class Bare {
  read(): void {
    return;
  }
}
@UseGuards(OtherGuard)
class GuardedByAnother extends Bare {}
@UseGuards(OtherGuard, MevetoLogoutGuard)
class Guarded {}
@UseGuards(instance)
class GuardedByInstance {}
class GuardedMethod {
  static count = 1;
  @UseGuards(MevetoLogoutGuard)
  read(): void {
    return;
  }
}
class Inheriting extends GuardedMethod {}

describe('GuardAudit', () => {
  const warn = linesOf('warn');
  const audit = (
    globalGuards: object[],
    controllers: Type[],
    providers: unknown[] = [],
    { graphql, session = requestUser() }: { graphql?: unknown; session?: SessionReader } = {},
  ) => {
    const wrapped = (types: unknown[]) => new Map(types.map((metatype) => [metatype, { metatype }]));
    const module = { controllers: wrapped(controllers), providers: wrapped(providers) };
    const graphqlModule = {
      controllers: new Map(),
      providers: new Map([['GqlModuleOptions', { instance: graphql }]]),
    };
    new GuardAudit(
      { getGlobalGuards: () => globalGuards } as unknown as ApplicationConfig,
      new Map<string, object>([
        ['module', module],
        ['graphql', graphqlModule],
      ]) as unknown as ModulesContainer,
      { sessions: [session] } as unknown as ResolvedSessions,
      loggedEvents(),
    ).onApplicationBootstrap();
  };

  it.each<[string, object[], Type[], unknown[]]>([
    ['globally', [new OtherGuard(), instance], [Bare], []],
    ['on a controller', [], [Bare, Guarded], []],
    ['on a controller, as an instance', [], [GuardedByInstance], []],
    ['on a handler', [], [GuardedMethod], []],
    ['on an inherited handler', [], [Inheriting], []],
    ['on a gateway or resolver', [], [Bare], [null, 'text', Guarded]],
  ])('does not warn of a guard that is used %s', (_where, globalGuards, controllers, providers) => {
    audit(globalGuards, controllers, providers);
    expect(warn).not.toHaveBeenCalled();
  });

  it('warns if the guard is not used anywhere', () => {
    audit([new OtherGuard()], [Bare, GuardedByAnother], [Bare]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(
      '[MEVETO_GUARD_NOT_USED] MevetoLogoutGuard is not used anywhere',
    );
  });

  it('warns beside requestUser() of GraphQL fields that run guards and no interceptors', () => {
    audit([instance], [], [], { graphql: { fieldResolverEnhancers: ['filters', 'guards'] } });
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^\[MEVETO_GRAPHQL_WITHOUT_INTERCEPTORS\] .*fieldResolverEnhancers: \['guards', 'interceptors'\]/,
        ),
        'MevetoLogout',
      ],
    ]);
  });

  it.each([
    [{ fieldResolverEnhancers: ['guards', 'interceptors'] }, requestUser()],
    [{ fieldResolverEnhancers: ['filters'] }, requestUser()],
    [{ fieldResolverEnhancers: [] }, requestUser()],
    [{}, requestUser()],
    [null, requestUser()],
    [undefined, requestUser()],
    [{ fieldResolverEnhancers: ['guards'] }, expressSession()],
  ])('does not warn of GraphQL with %j beside %p', (graphql, session) => {
    audit([instance], [], [], { graphql, session });
    expect(warn).not.toHaveBeenCalled();
  });
});
