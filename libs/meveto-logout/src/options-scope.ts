import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from './core/index.js';
import { GIVEN_OPTIONS } from './module-definition.js';

/**
 * Refuses options that depend on a request: Nest would then make every part of the module for each request, and none at start.
 * No logout would be carried out. This class depends on no option, so that Nest always makes it.
 */
@Injectable()
export class OptionsScope implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  onModuleInit(): void {
    for (const { providers } of this.modules.values()) {
      if (providers.get(GIVEN_OPTIONS)?.isDependencyTreeStatic() === false) {
        throw new ConfigurationError([
          'forRootAsync: the options depend on a request-scoped provider, and the module works without any request. Inject ' +
            'providers of the default scope only.',
        ]);
      }
    }
  }
}
