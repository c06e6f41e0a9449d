import { Inject, Injectable, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { hasLateReaders, type ResolvedSessions, SESSIONS_OPTIONS } from '../sessions/index.js';
import { MevetoEvents } from '../core/index.js';
import { guardEvents } from './events.js';
import { MevetoLogoutGuard } from './meveto-logout.guard.js';

/** The metadata key under which Nest keeps the arguments of `@UseGuards`. */
const GUARDS = '__guards__';
/** The injection token of the options of @nestjs/graphql's GraphQLModule. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** Warns at the start of the application if the guard is not in use, or cannot see users of GraphQL fields. */
@Injectable()
export class GuardAudit implements OnApplicationBootstrap {
  constructor(
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  onApplicationBootstrap(): void {
    if (this.usage() === 'not used') this.events.emit(guardEvents.MEVETO_GUARD_NOT_USED);
    if (hasLateReaders(this.options.sessions) && this.#isFieldWithoutInterceptors())
      this.events.emit(guardEvents.MEVETO_GRAPHQL_WITHOUT_INTERCEPTORS);
  }

  /** Where the guard runs: on all routes, or on those that name it. */
  usage(): 'global' | 'per route' | 'not used' {
    const global = this.application.getGlobalGuards();
    if (global.some((guard) => guard instanceof MevetoLogoutGuard)) return 'global';
    return this.#isUsedSomewhere() ? 'per route' : 'not used';
  }

  /** Whether a GraphQL module runs guards, but no interceptors, before the resolvers of fields and references. */
  #isFieldWithoutInterceptors(): boolean {
    return [...this.modules.values()].some((module) => {
      const options: unknown = module.providers.get(GRAPHQL_OPTIONS)?.instance;
      const enhancers = (options as { fieldResolverEnhancers?: unknown } | null | undefined)
        ?.fieldResolverEnhancers;
      return Array.isArray(enhancers) && enhancers.includes('guards') && !enhancers.includes('interceptors');
    });
  }

  #isUsedSomewhere(): boolean {
    return [...this.modules.values()].some((module) =>
      [...module.controllers.values(), ...module.providers.values()].some(
        ({ metatype }) => typeof metatype === 'function' && isGuarded(metatype as Type),
      ),
    );
  }
}

/** Whether this class or one of its methods, own or inherited, has `@UseGuards(MevetoLogoutGuard)`. */
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

/** The guard as a class or as an instance, of either build of the package. */
const isGuard = (guard: unknown): boolean =>
  [guard, typeof guard === 'function' ? guard.prototype : undefined].some(
    (object: unknown) => object instanceof MevetoLogoutGuard,
  );

const namesGuard = (target: object): boolean => {
  const guards: unknown = Reflect.getMetadata(GUARDS, target);
  return Array.isArray(guards) && guards.some(isGuard);
};
