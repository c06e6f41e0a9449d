import type { Request } from 'express';
import 'express-session';

/** The Meveto ID of a user who logged in at Meveto and not yet to a local account. */
export interface PendingConnection {
  readonly mevetoId: string;
  /** When Meveto was asked about the user; a logout since then ends the login. Epoch milliseconds. */
  readonly authenticatedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

declare module 'express-session' {
  interface SessionData {
    /** The logged in user. */
    userId?: number;
    /** Start of the session in epoch milliseconds, as `recordLogin` returned it. */
    signedInAt?: number;
    /** The program that logged in, such as `Firefox on Linux`. */
    client?: string;
    /** The state of a login with Meveto in progress, for one use. */
    mevetoState?: string;
    /** An unlinked Meveto ID: a login to an account links it before it expires. */
    pendingConnection?: PendingConnection;
  }
}

/** Gives the request a new, empty session under a new id and destroys the old one, so that no id outlives a login. */
export const renewSession = (request: Request): Promise<void> =>
  settled((done) => request.session.regenerate(done));

/** Stores the session before the answer is sent. */
export const saveSession = (request: Request): Promise<void> => settled((done) => request.session.save(done));

/** Deletes the stored session. */
export const destroySession = (request: Request): Promise<void> =>
  settled((done) => request.session.destroy(done));

const settled = (start: (done: (error?: unknown) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session store failed.', { cause: error }));
    });
  });
