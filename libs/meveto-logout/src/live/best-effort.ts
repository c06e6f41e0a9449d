import { Logger } from '@nestjs/common';
import type { AnnouncedLogout } from '../store/index.js';
import type { LivePush } from './live-push.port.js';

/** Announces a logout with one adapter, which may be the application's own. Logs an error of the adapter and drops it. */
export function announceWith(adapter: LivePush, logout: AnnouncedLogout): void {
  try {
    adapter.announce(logout);
  } catch (error) {
    logFailure(adapter, 'could not notify browsers of a logout. Their next request is refused', error);
  }
}

/** Never rejects. */
export async function closeAdapter(adapter: LivePush): Promise<void> {
  try {
    await adapter.close?.();
  } catch (error) {
    logFailure(adapter, 'could not be closed', error);
  }
}

function logFailure(adapter: LivePush, what: string, error: unknown): void {
  const name = error instanceof Error ? error.name : 'no error object';
  new Logger('MevetoLogout').error(`The live push ${adapter.constructor.name} ${what}: ${name}`);
}
