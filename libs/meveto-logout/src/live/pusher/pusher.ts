import type { Provider } from '@nestjs/common';
import { ConfigurationError } from '../../core/index.js';
import { GUARD_OPTIONS } from '../../guard/index.js';
import type { LivePushDefinition } from '../live-push-definition.js';
import { PusherAuthorizer } from './pusher-authorizer.js';
import { PusherChannels } from './pusher-channels.js';
import { PusherLivePush } from './pusher-live-push.js';
import {
  type PusherAsyncOptions,
  type PusherOptions,
  type PusherRoute,
  type ResolvedPusherOptions,
  resolvePusherOptions,
  resolvePusherRoute,
} from './pusher-options.js';
import { openPusher } from './pusher-server.js';
import { PUSHER_OPTIONS, PUSHER_SERVER } from './pusher-tokens.js';
import { createPusherController } from './pusher.controller.js';

/**
 * Live push by Pusher Channels, or a server with the same protocol, in place of Socket.IO:
 * `livePush: pusher({ appId, key, secret, cluster })`, or `livePush: pusher({ inject, useFactory })`. Needs the package
 * `pusher`, and in the browser `nestjs-meveto-logout/client/pusher` with `pusher-js`.
 * @see docs/pusher.md
 */
export function pusher(options: (PusherOptions & PusherRoute) | PusherAsyncOptions): LivePushDefinition {
  const { route, faults: routeFaults } = resolvePusherRoute(options);
  const providers = [
    { provide: PUSHER_SERVER, inject: [PUSHER_OPTIONS, GUARD_OPTIONS], useFactory: serverOf },
    PusherChannels,
    PusherAuthorizer,
    PusherLivePush,
  ];
  const shared = { controllers: [createPusherController(route.path, route.guards)], port: PusherLivePush };
  if ('useFactory' in options) {
    return {
      ...shared,
      faults: routeFaults,
      imports: options.imports ?? [],
      providers: [optionsFrom(options), ...providers],
    };
  }
  const { resolved, faults } = resolvePusherOptions(options);
  return {
    ...shared,
    faults: [...routeFaults, ...faults],
    providers: [{ provide: PUSHER_OPTIONS, useValue: resolved }, ...providers],
  };
}

/** Created after the options are checked, so that their faults are reported first. */
const serverOf = ({ server }: ResolvedPusherOptions) =>
  'triggerBatch' in server ? server : openPusher(server);

const optionsFrom = ({ inject = [], useFactory }: PusherAsyncOptions): Provider => ({
  provide: PUSHER_OPTIONS,
  inject: [...inject],
  useFactory: async (...dependencies: never[]): Promise<ResolvedPusherOptions> => {
    const { resolved, faults } = resolvePusherOptions(await useFactory(...dependencies), 'factory');
    if (faults.length > 0) throw new ConfigurationError(faults);
    return resolved;
  },
});
