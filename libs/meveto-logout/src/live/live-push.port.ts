import type { AnnouncedLogout } from '../model/logout.js';

/**
 * Tells the browsers of a logged out user at once that their session is over. Best effort: the guard is what protects,
 * and a browser that is not told asks by itself.
 */
export abstract class LivePush {
  /**
   * A logout that this process has just learned of, by its own commit or otherwise (`source`). Called once per process
   * and logout: an adapter that reaches the browsers of all replicas acts on `own-commit` only. Returns at once and never
   * throws.
   */
  abstract announce(logout: AnnouncedLogout): void;

  /** The application stops. Bounded in time by the adapter itself. */
  close?(): void | Promise<void>;
}
