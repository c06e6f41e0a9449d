import type { AnnouncedLogout } from '../store/index.js';

/**
 * Notifies the browsers of a logged out user at once that the session is over. Best effort: the guard protects the routes,
 * and the browser client also checks its session on its own.
 */
export abstract class LivePush {
  /** What the line at start calls this way of live push. @defaultValue the name of the class */
  readonly label?: string;

  /**
   * Announces a logout that this process has just learned of; `source` says from where. Called once per process and
   * logout: an adapter that reaches the browsers of all replicas acts on `own-commit` only. Returns at once and never
   * throws. Nothing awaits a promise; its rejection is reported. Absent if the adapter learns of ended sessions in another way.
   */
  announce?(logout: AnnouncedLogout): void | Promise<void>;

  /** Called when the application stops. The adapter bounds the time itself. */
  close?(): void | Promise<void>;
}

/** What the line at start calls it. */
export const labelOf = (push: LivePush): string => push.label ?? push.constructor.name;
