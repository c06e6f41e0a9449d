import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import { isPolicy, type OnLogoutStateUnknownPolicy } from '../model/staleness.js';

/** @internal */
export const STATE_UNKNOWN_KEY = 'meveto-logout:state-unknown';

/**
 * On a controller or handler: what the guard does there while it cannot tell whether a session is still good, since the
 * store could not be asked for longer than `maxStalenessMs`. `'deny'` answers 503, `'allow'` lets in, `{ graceMs }` lets
 * in for so many milliseconds more. Without it, the option `onLogoutStateUnknown` holds.
 */
export function OnLogoutStateUnknown(policy: OnLogoutStateUnknownPolicy): CustomDecorator {
  if (!isPolicy(policy)) {
    throw new TypeError(
      `@OnLogoutStateUnknown: wanted 'deny', 'allow' or { graceMs } with an integer from 0 to 31536000000.`,
    );
  }
  return SetMetadata(STATE_UNKNOWN_KEY, policy);
}
