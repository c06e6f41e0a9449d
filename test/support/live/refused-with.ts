import { expect } from '@jest/globals';

const STATUS: Readonly<Record<string, number>> = {
  'not-logged-in': 401,
  'logged-out': 401,
  expired: 401,
  'invalid-token': 401,
  'foreign-origin': 403,
  'too-many-sockets': 429,
  unavailable: 503,
  'logout-state-unknown': 503,
};

/** The complete `connect_error.data` for this reason, on every namespace. */
export const refusedWith = (reason: string, cause = 'meveto'): Record<string, unknown> => ({
  code: reason,
  status: STATUS[reason],
  statusCode: STATUS[reason],
  reason,
  message: expect.stringMatching(/\w.+\.$/),
  ...(reason === 'logged-out' && { cause }),
});
