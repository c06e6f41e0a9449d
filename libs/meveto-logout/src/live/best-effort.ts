import { type MevetoEvents, nameOfError } from '../core/index.js';
import type { AnnouncedLogout } from '../store/index.js';
import { liveEvents } from './events.js';
import type { LivePush } from './live-push.port.js';

type Action = 'announce' | 'close';

/** Announces a logout with one adapter, which may be the application's own. Reports an error or a rejection, and drops it. */
export function announceWith(adapter: LivePush, logout: AnnouncedLogout, events: MevetoEvents): void {
  void attempt(adapter, 'announce', () => adapter.announce?.(logout), events);
}

/** Never rejects. */
export const closeAdapter = (adapter: LivePush, events: MevetoEvents): Promise<void> =>
  attempt(adapter, 'close', () => adapter.close?.(), events);

async function attempt(
  adapter: LivePush,
  action: Action,
  act: () => void | Promise<void>,
  events: MevetoEvents,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    report(events, adapter, action, error);
  }
}

function report(events: MevetoEvents, adapter: LivePush, action: Action, error: unknown): void {
  const failure = { adapter: adapter.constructor.name, action, error: nameOfError(error) };
  events.emit(liveEvents.MEVETO_LIVE_PUSH_FAILED, failure);
}
