/** The claim of a JWT with the start of its session: epoch milliseconds, since `iat` has whole seconds only. */
export const SIGNED_IN_AT_CLAIM = 'signed_in_at';
