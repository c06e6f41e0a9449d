/**
 * What a call from Meveto asks for.
 * @see docs/protocol.md#webhook-call
 */
export const LOGGED_OUT = 'User_Logged_Out';
export const PROTECTION_REMOVED = 'Meveto_Protection_Removed';
export type CallType = typeof LOGGED_OUT | typeof PROTECTION_REMOVED;

export const isCallType = (type: string): type is CallType =>
  type === LOGGED_OUT || type === PROTECTION_REMOVED;

/** Where a call stands. `pending` is unfinished, every other state is final. */
export const CALL_STATES = [
  'pending',
  'applied',
  'rejected',
  'unknown_user',
  'ambiguous',
  'expired',
] as const;
export type CallState = (typeof CALL_STATES)[number];
export type FinalState = Exclude<CallState, 'pending'>;

/** Reasons of endings that others act on. */
export const TOKEN_LOST = 'token-lost';
/** Meveto called its token bad. */
export const INVALID_TOKEN = 'invalid-token';
/** No key opened its token. */
export const KEY_MISSING = 'key-missing';
export const TIME_TO_LIVE = 'time-to-live';
export const TIME_TO_LIVE_OUTCOME_UNKNOWN = 'time-to-live-outcome-unknown';
/** Again and again turned away before Meveto, which answered others. */
export const TURNED_AWAY = 'turned-away';
export const BY_OPERATOR = 'operator';
/** The pending list gave the call another token: this one is remembered, so that it is not asked about when it is sent again. */
export const REPLACED = 'replaced';
