import { type MevetoEvents, nameOfError } from '../core/index.js';
import type { AnnouncedLogout } from '../store/index.js';
import { liveEvents } from './events.js';
import type { LivePush } from './live-push.port.js';

/** Announces a logout with one adapter, which may be the application's own. Reports an error of the adapter and drops it. */
export function announceWith(adapter: LivePush, logout: AnnouncedLogout, events: MevetoEvents): void {
  try {
    adapter.announce(logout);
  } catch (error) {
    report(events, adapter, 'announce', error);
  }
}

/** Never rejects. */
export async function closeAdapter(adapter: LivePush, events: MevetoEvents): Promise<void> {
  try {
    await adapter.close?.();
  } catch (error) {
    report(events, adapter, 'close', error);
  }
}

function report(events: MevetoEvents, adapter: LivePush, action: 'announce' | 'close', error: unknown): void {
  const failure = { adapter: adapter.constructor.name, action, error: nameOfError(error) };
  events.emit(liveEvents.MEVETO_LIVE_PUSH_FAILED, failure);
}
