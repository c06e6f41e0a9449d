/** How this process came to know of a logout: its own commit, word from another replica, or a look at the store. */
export type LogoutSource = 'own-commit' | 'cluster' | 'store';

/** One user's logout: every session and token of that user that began at or before `loggedOutAt` is over. */
export interface Logout {
  /** The application's own id of the user, as a string. */
  readonly userId: string;
  /** Epoch milliseconds of the store's clock: when Meveto's call was first received. */
  readonly loggedOutAt: number;
}

/** A logout as announced on `logouts$`. */
export interface AnnouncedLogout extends Logout {
  readonly source: LogoutSource;
}
