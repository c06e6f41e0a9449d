import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { saveSession } from '../sessions/session-data.js';

/** 96 bytes give the 128 URL-safe characters that Meveto's SDK requires. */
const STATE_BYTES = 96;
/** Long enough to log in at Meveto. Rows of abandoned attempts expire soon. */
const ATTEMPT_LIFETIME_MS = 15 * 60 * 1000;

/** Begins a login with Meveto: stores a fresh state in the browser's session, for one use. */
export async function beginAttempt(request: Request): Promise<string> {
  const state = randomBytes(STATE_BYTES).toString('base64url');
  request.session.mevetoState = state;
  if (request.session.userId === undefined) request.session.cookie.maxAge = ATTEMPT_LIFETIME_MS;
  await saveSession(request);
  return state;
}

/** Removes the state from the session, and returns whether it equals the returned one. */
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
