import type { Request } from 'express';
import { type PendingConnection, renewSession, saveSession } from '../sessions/session-data.js';

/** Long enough to type a password. */
const LIFETIME_MS = 10 * 60 * 1000;

/**
 * Keeps a Meveto ID that no account is linked to, until the person has proven an account. The session gets a new id:
 * whoever knew the old one must not be able to link this Meveto ID. A login that it carries goes on.
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

/** The session's Meveto ID that waits for an account, unless it has waited for too long. */
export function connectionOf({ session }: Request): PendingConnection | undefined {
  const pending = session.pendingConnection;
  return pending !== undefined && pending.expiresAt > Date.now() ? pending : undefined;
}
