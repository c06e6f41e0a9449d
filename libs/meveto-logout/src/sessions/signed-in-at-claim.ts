/** The JWT claim with the start of the session in epoch milliseconds: `iat` has only whole seconds. */
export const SIGNED_IN_AT_CLAIM = 'signed_in_at';
