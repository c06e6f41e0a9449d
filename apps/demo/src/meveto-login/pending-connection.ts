import type { Request } from 'express';
import { type PendingConnection, renewSession, saveSession } from '../sessions/session-data.js';

/** Long enough to type a password. */
const LIFETIME_MS = 10 * 60 * 1000;

/**
 * Keeps an unlinked Meveto ID until the user has logged in to an account. The session gets a new id, so that another
 * holder of the old id cannot link this Meveto ID. An existing login stays in the session.
 */
export async function keepConnection(
  request: Request,
  person: Omit<PendingConnection, 'expiresAt'>,
): Promise<void> {
  const { userId, signedInAt, client } = request.session;
  await renewSession(request);
  if (userId !== undefined && signedInAt !== undefined) {
    Object.assign(request.session, { userId, signedInAt, client });
  } else {
    request.session.cookie.maxAge = LIFETIME_MS;
  }
  request.session.pendingConnection = { ...person, expiresAt: Date.now() + LIFETIME_MS };
  await saveSession(request);
}

/** The session's pending Meveto ID, unless it has expired. */
export function connectionOf({ session }: Request): PendingConnection | undefined {
  const pending = session.pendingConnection;
  return pending !== undefined && pending.expiresAt > Date.now() ? pending : undefined;
}
