import { ConfigurableModuleBuilder } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Faults } from './core/index.js';
import { MevetoLogoutGuard } from './guard/index.js';
import { createBrowserController, LivePush } from './live/index.js';
import { ClusterBus, NoClusterBus } from './logouts/index.js';
import { createWebhookController, WEBHOOK_PATH } from './meveto/index.js';
import type { MevetoLogoutOptions, MevetoLogoutStaticOptions } from './options.js';
import { resolveStatic, staticTable } from './static-options.js';

/** Token of the faults of the static options, one line each. */
export const STATIC_FAULTS = Symbol.for('nestjs-meveto-logout:static-faults');

/** Nest reads from the names which options are static. The defaults come from the table. */
const NONE_GIVEN: MevetoLogoutStaticOptions = Object.fromEntries(
  Object.keys(staticTable).map((name) => [name, undefined]),
);

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: GIVEN_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<MevetoLogoutOptions>({
  moduleName: 'MevetoLogout',
  optionsInjectionToken: Symbol.for('nestjs-meveto-logout:given-options'),
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createMevetoLogoutOptions')
  .setExtras<MevetoLogoutStaticOptions>(NONE_GIVEN, (definition, given) => {
    const faults = new Faults();
    const options = resolveStatic(given, faults);
    const { browserPath, livePush: live } = options;
    return {
      ...definition,
      global: options.isGlobal,
      imports: [...(definition.imports ?? []), ...(live.imports ?? [])],
      controllers: [
        createWebhookController(options.webhookPath, options.publicMetadataKeys),
        ...(browserPath === false ? [] : [createBrowserController(browserPath, options.publicMetadataKeys)]),
        ...(live.controllers ?? []),
      ],
      providers: [
        ...(definition.providers ?? []),
        { provide: WEBHOOK_PATH, useValue: options.webhookPath },
        ...(options.globalGuard ? [{ provide: APP_GUARD, useExisting: MevetoLogoutGuard }] : []),
        ...(live.providers ?? []),
        {
          provide: STATIC_FAULTS,
          useFactory: async () => [
            ...faults.found,
            ...(live.faults ?? []),
            ...((await live.missingPackages?.()) ?? []),
          ],
        },
        { provide: LivePush, useExisting: live.port },
        live.clusterBus === undefined
          ? { provide: ClusterBus, useClass: NoClusterBus }
          : { provide: ClusterBus, useExisting: live.clusterBus },
      ],
    };
  })
  .build();
