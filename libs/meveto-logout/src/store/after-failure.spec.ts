import { describe, expect, it } from '@jest/globals';
import { afterFailure } from './after-failure.js';
import type { ClaimedJob } from './inbox-jobs.js';

const jobWith = (earlierAttemptUnknown: boolean, clientErrorCount: number): ClaimedJob => ({
  id: 'a',
  digest: 'd',
  kind: 'logout',
  sealed: 's',
  priority: 'known',
  receivedAt: 1,
  receivedTick: 1,
  occurredAt: 1,
  fence: 3,
  attempts: 4,
  earlierAttemptUnknown,
  clientErrorCount,
});

const failure = { delayMs: 0, reason: 'test' };

describe('the claim after a failed attempt', () => {
  it('counts the attempt, and keeps the rest', () => {
    const job = jobWith(false, 0);
    expect(afterFailure(job, { ...failure, maybeSent: false })).toEqual({ ...job, attempts: 5 });
  });

  it.each([
    ['the first one', false, 0, 1],
    ['one after another', true, 1, 2],
  ])('counts %s of client errors', (_which, earlierAttemptUnknown, before, after) => {
    const job = jobWith(earlierAttemptUnknown, before);
    expect(afterFailure(job, { ...failure, maybeSent: true, isClientError: true })).toMatchObject({
      earlierAttemptUnknown: true,
      clientErrorCount: after,
    });
  });

  it('does not count a client error after an attempt of another unknown outcome', () => {
    const job = jobWith(true, 0);
    expect(afterFailure(job, { ...failure, maybeSent: true, isClientError: true })).toMatchObject({
      clientErrorCount: 0,
    });
  });

  it('begins the count of client errors again after another error, unless nothing was sent', () => {
    const job = jobWith(true, 2);
    expect(afterFailure(job, { ...failure, maybeSent: true })).toMatchObject({ clientErrorCount: 0 });
    expect(afterFailure(job, { ...failure, maybeSent: false })).toMatchObject({
      earlierAttemptUnknown: true,
      clientErrorCount: 2,
    });
  });
});
