/** Where this process learned of a logout: its own commit, the cluster's bus, or a poll of the store. */
export type LogoutSource = 'own-commit' | 'cluster' | 'store';

/** The reason of logouts that Meveto requested. `logOut` does not accept this reason. */
export const BY_MEVETO = 'meveto';

/** A logout of one user. It ends every session and token of the user that began at or before `loggedOutAt`. */
export interface Logout {
  /** The application's id of the user, as a string. */
  readonly userId: string;
  /** When the webhook was first received, or `logOut` was called. Epoch milliseconds of the store's clock. */
  readonly loggedOutAt: number;
  /** The reason passed to `logOut`. Absent or `meveto`: Meveto requested the logout. */
  readonly reason?: string;
}

/** A logout as announced on `logouts$`. */
export interface AnnouncedLogout extends Logout {
  readonly source: LogoutSource;
  /** The reason passed to `logOut`, or `meveto` if Meveto requested the logout. */
  readonly reason: string;
}

/** The logouts of one user, one for each form of the id that the application may see. */
export type UserLogouts = readonly [Logout, ...Logout[]];

/** The logouts committed since an earlier read. */
export interface LogoutsSince {
  readonly logouts: readonly Logout[];
  /** Time of the latest logout that any process has forgotten, epoch milliseconds; 0 if none. */
  readonly forgottenUntil: number;
  /** The store's clock at the time of the read, epoch milliseconds. Pass this value to the next read. */
  readonly asOf: number;
}
