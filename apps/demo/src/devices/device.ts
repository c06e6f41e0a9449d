import { createHash } from 'node:crypto';

/** A place where a user is logged in: a browser with its session, or a program with its access token. */
export interface Device {
  /** Public id of the session or token: the stored id must not be shown. */
  readonly id: string;
  readonly kind: 'session' | 'token';
  /** The program that logged in, such as `Firefox on Linux`. */
  readonly client: string;
  /** Epoch milliseconds. */
  readonly signedInAt: number;
  /** Whether this is the device of the current request. */
  readonly isCurrent: boolean;
}

/** @param storedId the session's or token's own id */
export const deviceId = (kind: Device['kind'], storedId: string): string =>
  createHash('sha256').update(`${kind}:${storedId}`).digest('base64url');
