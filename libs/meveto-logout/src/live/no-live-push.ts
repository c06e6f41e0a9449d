import { Injectable } from '@nestjs/common';
import type { LivePushDefinition } from './live-push-definition.js';
import { LivePush } from './live-push.port.js';

/** `livePush: false`: browsers find out by themselves, at their next request or check. */
@Injectable()
export class NoLivePush extends LivePush {
  override announce(): void {
    // There is nobody to tell.
  }
}

export const noLivePush: LivePushDefinition = { providers: [NoLivePush], port: NoLivePush };
