import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import { isPolicy, type OnLogoutStateUnknownPolicy } from '../sessions/index.js';

/** @internal */
export const STATE_UNKNOWN_KEY = 'meveto-logout:state-unknown';

/**
 * On a controller or handler: sets what the guard does there while the logout state is older than
 * `logoutState.maxStalenessMs`, since the store did not answer. `'deny'` answers 503, `'allow'` lets requests pass,
 * `{ graceMs }` lets them pass for that many milliseconds more. Without the decorator, the option `logoutState.onUnknown` applies.
 */
export function OnLogoutStateUnknown(policy: OnLogoutStateUnknownPolicy): CustomDecorator {
  if (!isPolicy(policy)) {
    throw new TypeError(
      `@OnLogoutStateUnknown: expected 'deny', 'allow' or { graceMs } with an integer from 0 to 31536000000.`,
    );
  }
  return SetMetadata(STATE_UNKNOWN_KEY, policy);
}
