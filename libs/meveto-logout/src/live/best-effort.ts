import { Logger } from '@nestjs/common';
import type { AnnouncedLogout } from '../model/logout.js';
import type { LivePush } from './live-push.port.js';

/** Announces by one way of live push, which may be the application's own: its trouble is told in the log, and goes no further. */
export function announceBy(way: LivePush, logout: AnnouncedLogout): void {
  try {
    way.announce(logout);
  } catch (error) {
    tell(way, 'could not tell browsers of a logout. Their next request is refused', error);
  }
}

/** Never rejects. */
export async function closeWay(way: LivePush): Promise<void> {
  try {
    await way.close?.();
  } catch (error) {
    tell(way, 'could not be closed', error);
  }
}

function tell(way: LivePush, what: string, error: unknown): void {
  const name = error instanceof Error ? error.name : 'no error object';
  new Logger('MevetoLogout').error(`The live push ${way.constructor.name} ${what}: ${name}`);
}
