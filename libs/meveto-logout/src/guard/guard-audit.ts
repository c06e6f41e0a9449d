import { Inject, Injectable, Logger, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { MevetoLogoutGuard } from './meveto-logout.guard.js';

/** Where Nest keeps what `@UseGuards` was given. */
const GUARDS = '__guards__';

/** Looks once, when the application starts, whether the guard stands anywhere. */
@Injectable()
export class GuardAudit implements OnApplicationBootstrap {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  onApplicationBootstrap(): void {
    const global = this.application.getGlobalGuards();
    if (!global.some((guard) => guard instanceof MevetoLogoutGuard) && !this.#isUsedSomewhere()) {
      this.#logger.warn(
        'MevetoLogoutGuard stands nowhere: people who were logged out stay in. Leave out globalGuard: false, or use ' +
          '@UseGuards(MevetoLogoutGuard).',
      );
    }
  }

  #isUsedSomewhere(): boolean {
    return [...this.modules.values()].some((module) =>
      [...module.controllers.values(), ...module.providers.values()].some(
        ({ metatype }) => typeof metatype === 'function' && isGuarded(metatype as Type),
      ),
    );
  }
}

/** Whether `@UseGuards(MevetoLogoutGuard)` stands on this class or on one of its methods, inherited ones included. */
function isGuarded(type: Type): boolean {
  const prototypes: object[] = [];
  for (
    let prototype: unknown = type.prototype;
    typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    prototypes.push(prototype);
  }
  const methods = prototypes.flatMap((prototype) =>
    Object.values(Object.getOwnPropertyDescriptors(prototype)).map(({ value }): unknown => value),
  );
  return [type, ...methods].some((target) => typeof target === 'function' && namesGuard(target));
}

const namesGuard = (target: object): boolean => {
  const guards: unknown = Reflect.getMetadata(GUARDS, target);
  return (
    Array.isArray(guards) &&
    guards.some((guard) => guard === MevetoLogoutGuard || guard instanceof MevetoLogoutGuard)
  );
};
