import { Subject } from 'rxjs';
import type { EmittedEvent } from '../src/core/index.js';
import type { Observed, ObservedStatus, ProcessStatus } from '../src/observe/observed.js';

/** A module whose events and state a test decides. */
export class FakeObserved implements Observed {
  readonly events$ = new Subject<EmittedEvent>();
  process: ProcessStatus = {
    logoutStateAgeMs: 250,
    logoutState: 'current',
    reconciler: { lastSuccessAt: undefined, lastFailureAt: undefined },
    counters: { webhook_accepted: 9 },
    steps: [],
  };
  calls = { pending: 2, applied: 7, rejected: 0, unknown_user: 0, ambiguous: 1, expired: 0 };
  oldestPendingAgeMs: number | undefined = 1_500;
  /** How many times the store was read. */
  readCount = 0;
  answer: () => Promise<ObservedStatus> = () =>
    Promise.resolve({
      ...this.process,
      calls: this.calls,
      oldestPendingAgeMs: this.oldestPendingAgeMs,
    });

  status(): Promise<ObservedStatus> {
    this.readCount += 1;
    return this.answer();
  }

  processStatus(): ProcessStatus {
    return this.process;
  }
}

export const NEVER = new Promise<never>(() => undefined);

/** An applied job with all steps; times are changed by `fields`. */
export const jobApplied = (fields: object = {}): EmittedEvent =>
  jobFinished('MEVETO_JOB_APPLIED', {
    userIds: ['1'],
    acknowledgedAfterMs: 2,
    startedAfterMs: 10,
    answeredAfterMs: 40,
    ...fields,
  });

export const jobFinished = (code: string, fields: object = {}): EmittedEvent => ({
  code,
  at: 1_767_225_600_000,
  ...{ jobId: 'job-1', sinceReceiptMs: 60, ...fields },
});

/** Jobs that expired together, with these times. */
export const jobsExpired = (times: readonly object[]): EmittedEvent => ({
  code: 'MEVETO_JOB_EXPIRED',
  at: 1_767_225_600_000,
  ...{ count: times.length, jobIds: times.map((_, index) => `job-${String(index + 1)}`), times },
});

export const connectionsNotified = (fields: object = {}): EmittedEvent => ({
  code: 'MEVETO_CONNECTIONS_NOTIFIED',
  at: 1_767_225_600_000,
  ...{ userId: '1', count: 1, sinceKnownMs: 4, ...fields },
});
