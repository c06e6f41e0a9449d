import { ConfigurableModuleBuilder } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { createBrowserController } from './browser/browser.controller.js';
import { ClusterBus } from './cluster/cluster-bus.port.js';
import { NoClusterBus } from './cluster/no-cluster-bus.js';
import { MevetoLogoutGuard } from './guard/meveto-logout.guard.js';
import type { LivePushDefinition } from './live/live-push-definition.js';
import { LivePush } from './live/live-push.port.js';
import { noLivePush } from './live/no-live-push.js';
import { together } from './live/several-ways.js';
import { socketIo } from './live/socketio/socket-io.js';
import type { MevetoLogoutExtras, MevetoLogoutOptions } from './options/options.js';
import { LIVE_PUSH, WEBHOOK_PATH } from './tokens.js';

const DEFAULT_EXTRAS = {
  isGlobal: true,
  globalGuard: true,
  webhookPath: 'meveto/webhook',
  browserPath: 'meveto',
  publicMetadataKeys: ['isPublic', 'IS_PUBLIC', 'THROTTLER:SKIPdefault'],
  livePush: socketIo(),
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
    const { isGlobal, globalGuard, webhookPath, browserPath, publicMetadataKeys, livePush } = filled(extras);
    const live = liveOf(livePush);
    return {
      ...definition,
      global: isGlobal,
      imports: [...(definition.imports ?? []), ...(live.imports ?? [])],
      controllers: [
        ...(browserPath === false ? [] : [createBrowserController(browserPath, publicMetadataKeys)]),
        ...(live.controllers ?? []),
      ],
      providers: [
        ...(definition.providers ?? []),
        { provide: WEBHOOK_PATH, useValue: webhookPath },
        ...(globalGuard ? [{ provide: APP_GUARD, useExisting: MevetoLogoutGuard }] : []),
        ...(live.providers ?? []),
        { provide: LIVE_PUSH, useValue: live },
        { provide: LivePush, useExisting: live.port },
        live.clusterBus === undefined
          ? { provide: ClusterBus, useClass: NoClusterBus }
          : { provide: ClusterBus, useExisting: live.clusterBus },
      ],
    };
  })
  .build();

const liveOf = (livePush: Required<MevetoLogoutExtras>['livePush']): LivePushDefinition => {
  if (livePush === false) return noLivePush;
  return 'port' in livePush ? livePush : together(livePush);
};

/** An explicit undefined stands for the default, too. */
function filled(extras: MevetoLogoutExtras): Required<MevetoLogoutExtras> {
  return {
    isGlobal: extras.isGlobal ?? DEFAULT_EXTRAS.isGlobal,
    globalGuard: extras.globalGuard ?? DEFAULT_EXTRAS.globalGuard,
    webhookPath: extras.webhookPath ?? DEFAULT_EXTRAS.webhookPath,
    browserPath: extras.browserPath ?? DEFAULT_EXTRAS.browserPath,
    publicMetadataKeys: extras.publicMetadataKeys ?? DEFAULT_EXTRAS.publicMetadataKeys,
    livePush: extras.livePush ?? DEFAULT_EXTRAS.livePush,
  };
}
