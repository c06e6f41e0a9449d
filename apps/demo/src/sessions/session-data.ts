import type { Request } from 'express';
import 'express-session';

/** What is known of a person who logged in at Meveto and has not proven a local account yet. */
export interface PendingConnection {
  readonly mevetoId: string;
  /** When Meveto was asked about the person: what was logged out since stays out. Epoch milliseconds. */
  readonly authenticatedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

declare module 'express-session' {
  interface SessionData {
    /** Who is logged in. */
    userId?: number;
    /** Since when, in epoch milliseconds as `recordLogin` returned it. */
    signedInAt?: number;
    /** What kind of program logged in, such as `Firefox on Linux`. */
    client?: string;
    /** The state of a login with Meveto that is under way; good for one use. */
    mevetoState?: string;
    /** A Meveto ID that no account is linked to yet: whoever proves an account soon enough gets it linked. */
    pendingConnection?: PendingConnection;
  }
}

/** Gives the request a new, empty session under a new id and destroys the old one, so that no id outlives a login. */
export const renewSession = (request: Request): Promise<void> =>
  settled((done) => request.session.regenerate(done));

/** Writes the session now: the answer must not leave before it is stored. */
export const saveSession = (request: Request): Promise<void> => settled((done) => request.session.save(done));

/** Ends the session where it is stored. */
export const destroySession = (request: Request): Promise<void> =>
  settled((done) => request.session.destroy(done));

const settled = (start: (done: (error?: unknown) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session store failed.', { cause: error }));
    });
  });
