import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { saveSession } from '../sessions/session-data.js';

/** 96 bytes are the 128 URL-safe characters that Meveto's SDK asks for. */
const STATE_BYTES = 96;
/** Long enough to log in at Meveto; the row of an attempt that is given up does not stay for long. */
const ATTEMPT_LIFETIME_MS = 15 * 60 * 1000;

/** Begins a login with Meveto: binds a fresh state to the browser's session, where it is good for one use. */
export async function beginAttempt(request: Request): Promise<string> {
  const state = randomBytes(STATE_BYTES).toString('base64url');
  request.session.mevetoState = state;
  if (request.session.userId === undefined) request.session.cookie.maxAge = ATTEMPT_LIFETIME_MS;
  await saveSession(request);
  return state;
}

/** Uses the session's state up, and tells whether it is the one that came back. */
export async function isOwnAttempt(request: Request, returned: unknown): Promise<boolean> {
  const { mevetoState } = request.session;
  if (mevetoState === undefined) return false;
  delete request.session.mevetoState;
  await saveSession(request);
  return typeof returned === 'string' && isSame(mevetoState, returned);
}

function isSame(expected: string, actual: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(actual)];
  return left.length === right.length && timingSafeEqual(left, right);
}
