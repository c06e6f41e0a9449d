import { createHash } from 'node:crypto';

/** Somewhere where a person is logged in: a browser with its session, or a program with its access token. */
export interface Device {
  /** Stands for the session or token in pages and addresses: what it is derived from must not be shown. */
  readonly id: string;
  readonly kind: 'session' | 'token';
  /** What kind of program logged in, such as `Firefox on Linux`. */
  readonly client: string;
  /** Epoch milliseconds. */
  readonly signedInAt: number;
  /** Whether it is the one that is asking. */
  readonly isCurrent: boolean;
}

/** @param storedId the session's or token's own id */
export const deviceId = (kind: Device['kind'], storedId: string): string =>
  createHash('sha256').update(`${kind}:${storedId}`).digest('base64url');
