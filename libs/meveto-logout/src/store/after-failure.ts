import type { ClaimedJob, Release } from './inbox-jobs.js';

/** The claim for the next attempt, after one that failed. The worker keeps the job in between. */
export function afterFailure(job: ClaimedJob, { maybeSent, isClientError = false }: Release): ClaimedJob {
  const { attempts, earlierAttemptUnknown, clientErrorCount } = job;
  const hadOnlyClientErrors = !earlierAttemptUnknown || clientErrorCount > 0;
  return {
    ...job,
    attempts: attempts + 1,
    earlierAttemptUnknown: earlierAttemptUnknown || maybeSent,
    clientErrorCount:
      isClientError && hadOnlyClientErrors ? clientErrorCount + 1 : maybeSent ? 0 : clientErrorCount,
  };
}
