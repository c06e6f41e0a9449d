import type { LogoutClientOptions } from './options.js';
import { NAME } from '../protocol/index.js';
import type { LeaveMessage, LeaveReason } from './transport.js';

/** Leaves the page after `beforeLeave`, which gets 2 s at most to keep unsaved work. */
export async function leavePage(
  message: LeaveMessage,
  { redirectTo = '/login', beforeLeave }: LogoutClientOptions,
): Promise<void> {
  attempt(() => sessionStorage.setItem(NAME, JSON.stringify(message)));
  await Promise.race([
    Promise.resolve(message)
      .then(beforeLeave)
      .catch(() => undefined),
    pause(2_000),
  ]);
  // Set no timer without need: timers of hidden tabs are slow.
  if (message.delayMs) await pause(message.delayMs);
  let url = redirectTo;
  attempt(() => {
    // Use the full URL of this origin: a path alone may begin with two slashes. For 'other-user', use the URL of the
    // page without its fragment.
    const own = new URL(
      message.reason === 'other-user' ? '' : (message.redirectTo ?? redirectTo),
      location.href,
    );
    if (location.origin === own.origin) url = own.href;
  });
  // Do not use reload(): it would submit a form again.
  location.replace(url);
}

/**
 * Why and how this tab was sent to the login page, once; undefined when the user came without a logout. `cause` is
 * `meveto` when the user logged out on the Meveto dashboard. Name Meveto in the page only then.
 */
export function lastLeave(): LeaveMessage | undefined {
  let message: LeaveMessage | undefined;
  attempt(() => {
    const kept = sessionStorage.getItem(NAME);
    sessionStorage.removeItem(NAME);
    if (kept) message = JSON.parse(kept) as LeaveMessage;
  });
  return message;
}

/** The reason of `lastLeave` alone. Only the first call of either function returns a value. */
export const lastLogout = (): LeaveReason | undefined => lastLeave()?.reason;

/** Runs code whose failure must not stop the logout: hooks of the page, and storage that may be disabled. */
export function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Continue with the logout.
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
