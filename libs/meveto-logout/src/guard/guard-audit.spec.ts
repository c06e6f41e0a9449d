import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type CanActivate, Logger, type Type, UseGuards } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { GuardAudit } from './guard-audit.js';
import { MevetoLogoutGuard } from './meveto-logout.guard.js';
import type { SessionGates } from './session-gates.js';

class OtherGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}
const instance = new MevetoLogoutGuard({} as SessionGates);

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

describe('at the start', () => {
  const warn = jest.fn();
  beforeEach(() => {
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });
  const audit = (globalGuards: object[], controllers: Type[], providers: unknown[] = []) => {
    const wrapped = (types: unknown[]) => new Map(types.map((metatype) => [metatype, { metatype }]));
    const module = { controllers: wrapped(controllers), providers: wrapped(providers) };
    new GuardAudit(
      { getGlobalGuards: () => globalGuards } as unknown as ApplicationConfig,
      new Map([['module', module]]) as unknown as ModulesContainer,
    ).onApplicationBootstrap();
  };

  it.each<[string, object[], Type[], unknown[]]>([
    ['globally', [new OtherGuard(), instance], [Bare], []],
    ['on a controller', [], [Bare, Guarded], []],
    ['on a controller, as an instance', [], [GuardedByInstance], []],
    ['on a handler', [], [GuardedMethod], []],
    ['on an inherited handler', [], [Inheriting], []],
    ['on a gateway or resolver', [], [Bare], [null, 'text', Guarded]],
  ])('a guard that stands %s is fine', (_where, globalGuards, controllers, providers) => {
    audit(globalGuards, controllers, providers);
    expect(warn).not.toHaveBeenCalled();
  });

  it('one that stands nowhere is warned of', () => {
    audit([new OtherGuard()], [Bare, GuardedByAnother], [Bare]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('stands nowhere');
  });
});
