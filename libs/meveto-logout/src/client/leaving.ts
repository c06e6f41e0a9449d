import type { LogoutClientOptions } from './options.js';
import { NAME } from './protocol.js';
import type { LeaveMessage, LeaveReason } from './transport.js';

/** Goes elsewhere, once the page had its time to keep unsaved work: 2 s at the most. */
export async function leavePage(
  message: LeaveMessage,
  { beforeLeave, redirectTo = '/login' }: LogoutClientOptions,
): Promise<void> {
  const { reason, delayMs, redirectTo: target = redirectTo } = message;
  attempt(() => sessionStorage.setItem(NAME, reason));
  const kept = Promise.resolve(message)
    .then(beforeLeave)
    .catch(() => undefined);
  await Promise.race([kept, pause(2_000)]);
  // No timer without need: those of hidden tabs are slow.
  if (delayMs) await pause(delayMs);
  // Never reload(): it would send a form again. An empty URL is the page's own, without its fragment.
  location.replace(ownUrl(reason === 'other-user' ? '' : target) ?? redirectTo);
}

/** Why this tab was brought to the login page, once; undefined when it came by itself. */
export function lastLogout(): LeaveReason | undefined {
  let reason: string | null | undefined;
  attempt(() => {
    reason = sessionStorage.getItem(NAME);
    sessionStorage.removeItem(NAME);
  });
  return (reason ?? undefined) as LeaveReason | undefined;
}

/** What may fail without anything depending on it: the page's own code, and storage that is switched off. */
export function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The page is left all the same.
  }
}

/** A URL of this origin, whole: a path alone may begin with two slashes. */
function ownUrl(url: string): string | undefined {
  try {
    const { origin, href } = new URL(url, location.href);
    if (origin === location.origin) return href;
  } catch {
    // Not a URL.
  }
  return undefined;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
