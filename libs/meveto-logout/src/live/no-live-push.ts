import { Injectable } from '@nestjs/common';
import type { LivePushDefinition } from './live-push-definition.js';
import { LivePush } from './live-push.port.js';

/** `livePush: false`: browsers learn of a logout at their next request or check. */
@Injectable()
class NoLivePush extends LivePush {
  override readonly label = 'none';
}

export const noLivePush: LivePushDefinition = { providers: [NoLivePush], port: NoLivePush };
