import { ConfigurableModuleBuilder } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MevetoLogoutGuard } from './guard/meveto-logout.guard.js';
import type { MevetoLogoutExtras, MevetoLogoutOptions } from './options/options.js';
import { WEBHOOK_PATH } from './tokens.js';
import { createWebhookController } from './webhook/webhook.controller.js';

const DEFAULT_EXTRAS = {
  isGlobal: true,
  globalGuard: true,
  webhookPath: 'meveto/webhook',
  publicMetadataKeys: ['isPublic', 'IS_PUBLIC', 'THROTTLER:SKIPdefault'],
} satisfies Required<MevetoLogoutExtras>;

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: GIVEN_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<MevetoLogoutOptions>({ moduleName: 'MevetoLogout' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createMevetoLogoutOptions')
  .setExtras<MevetoLogoutExtras>(DEFAULT_EXTRAS, (definition, extras) => {
    const webhookPath = extras.webhookPath ?? DEFAULT_EXTRAS.webhookPath;
    const publicKeys = extras.publicMetadataKeys ?? DEFAULT_EXTRAS.publicMetadataKeys;
    const guards =
      (extras.globalGuard ?? DEFAULT_EXTRAS.globalGuard)
        ? [{ provide: APP_GUARD, useExisting: MevetoLogoutGuard }]
        : [];
    return {
      ...definition,
      global: extras.isGlobal ?? DEFAULT_EXTRAS.isGlobal,
      controllers: [createWebhookController(webhookPath, publicKeys)],
      providers: [
        ...(definition.providers ?? []),
        { provide: WEBHOOK_PATH, useValue: webhookPath },
        ...guards,
      ],
    };
  })
  .build();
