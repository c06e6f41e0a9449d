/** The kind of a job: log the user out. */
export const LOGOUT = 'logout';
/** The kind of a job: clear the user's Meveto ID. */
export const UNLINK = 'unlink';
/** The kinds that this version knows. A newer version with the same tables may store other kinds. */
export const JOB_KINDS = [LOGOUT, UNLINK] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const isJobKind = (kind: string): kind is JobKind => (JOB_KINDS as readonly string[]).includes(kind);

/** States of a job. `pending` is unfinished; every other state is final. */
export const JOB_STATES = ['pending', 'applied', 'rejected', 'unknown_user', 'ambiguous', 'expired'] as const;
export type JobState = (typeof JOB_STATES)[number];
export type FinalState = Exclude<JobState, 'pending'>;

/** Reasons of outcomes that other code depends on. The token is lost: only the memory of a process that has ended contained it. */
export const TOKEN_LOST = 'token-lost';
/** Meveto rejected the token as invalid. */
export const INVALID_TOKEN = 'invalid-token';
/** No key opens the sealed token. */
export const KEY_MISSING = 'key-missing';
/** No replica that knows the kind claimed the job within its time to live. */
export const UNKNOWN_KIND = 'unknown-kind';
export const TIME_TO_LIVE = 'time-to-live';
export const TIME_TO_LIVE_OUTCOME_UNKNOWN = 'time-to-live-outcome-unknown';
/** Repeated client errors (HTTP 4xx) for this job, while Meveto answered the requests of other jobs. */
export const CLIENT_ERROR = 'client-error';
/** More users have the Meveto ID than one transaction can log out. */
export const TOO_MANY_USERS = 'too-many-users';
export const BY_OPERATOR = 'operator';
/** The list of pending webhooks gave the job another token. The old token keeps a row, so that it is recognised when received again. */
export const REPLACED = 'replaced';
