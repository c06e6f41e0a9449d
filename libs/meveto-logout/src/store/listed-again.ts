import { type JobState, KEY_MISSING, TOKEN_LOST } from './job.js';
import type { ListedJob } from './inbox-jobs.js';

/** The columns of a known job that decide what happens when the job is listed again. */
export interface KnownJob {
  readonly digest: string;
  readonly sourceId: string | null | undefined;
  readonly state: JobState;
  readonly reason: string | null | undefined;
}

/**
 * Whether a job resumes when its token is received again. This holds for a job that finished because its token was lost,
 * unreadable or not answered in time, and for a pending job without a key that opens its token.
 */
export const resumesWithToken = (state: JobState, reason: string | null | undefined): boolean =>
  state === 'expired' ||
  (state === 'ambiguous' && reason === TOKEN_LOST) ||
  (state === 'pending' && reason === KEY_MISSING);

/**
 * Decides what to do with a known job that is listed again.
 * - `reopen`: a job that resumes with its token, an ambiguous job with a new id or a new token, a rejected job with a new token.
 * - `set-source-id`: any other job that has no Meveto id yet.
 * - `leave`: any other job.
 */
export function whenListedAgain(known: KnownJob, listed: ListedJob): 'reopen' | 'set-source-id' | 'leave' {
  const hasNoSourceId = (known.sourceId ?? null) === null;
  if (!hasNoSourceId && known.sourceId !== listed.sourceId) return 'leave';
  if (canReopen(known, hasNoSourceId, !isSameToken(known.digest, listed))) return 'reopen';
  return hasNoSourceId ? 'set-source-id' : 'leave';
}

export type Digests = Pick<ListedJob, 'digest' | 'earlierDigests'>;

/** The digests of a job's token by the current key and by earlier keys. */
export const digestsOf = ({ digest, earlierDigests = [] }: Digests): string[] => [digest, ...earlierDigests];

/** Whether a digest is one of the job's token, by the current key or by an earlier key. */
export const isSameToken = (digest: string, job: Digests): boolean => digestsOf(job).includes(digest);

const canReopen = ({ state, reason }: KnownJob, hasNoSourceId: boolean, isNewToken: boolean): boolean =>
  resumesWithToken(state, reason) ||
  (state === 'ambiguous' && (hasNoSourceId || isNewToken)) ||
  (state === 'rejected' && isNewToken);
