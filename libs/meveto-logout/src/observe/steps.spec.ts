import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  connectionsNotified,
  jobApplied,
  jobFinished,
  jobsExpired,
} from '../../spec-support/fake-observed.js';
import { StepTimes } from './steps.js';

const AT = 1_767_225_600_000;

describe('StepTimes', () => {
  let times: StepTimes;
  beforeEach(() => {
    times = new StepTimes();
  });
  const read = () =>
    times.read().map(({ buckets, ...others }) => {
      expect(buckets.length).toBeGreaterThan(0);
      return others;
    });

  it('measures each step of a logout', () => {
    times.add({ code: 'MEVETO_WEBHOOK_ACCEPTED', at: AT, ...{ sinceRequestMs: 3 } });
    times.add(jobApplied({ answeredAfterMs: 40, sinceReceiptMs: 60 }));
    times.add(logout('own-commit', AT - 61));
    times.add(connectionsNotified({ sinceKnownMs: 4 }));
    expect(read()).toEqual([
      { step: 'acknowledged', count: 1, sumMs: 3 },
      { step: 'exchanged', state: 'applied', count: 1, sumMs: 40 },
      { step: 'committed', state: 'applied', count: 1, sumMs: 60 },
      { step: 'known', source: 'own-commit', count: 1, sumMs: 61 },
      { step: 'connections_notified', count: 1, sumMs: 4 },
    ]);
  });

  it.each([
    ['MEVETO_JOB_REJECTED', 'rejected'],
    ['MEVETO_JOB_UNKNOWN_USER', 'unknown_user'],
    ['MEVETO_JOB_AMBIGUOUS', 'ambiguous'],
    ['MEVETO_JOB_OF_TOO_MANY_USERS', 'ambiguous'],
  ])('tells the final states of jobs apart: %s', (code, state) => {
    times.add(jobApplied());
    times.add(jobFinished(code, { sinceReceiptMs: 5 }));
    times.add(jobFinished(code, { sinceReceiptMs: 6 }));
    expect(read()).toContainEqual({ step: 'committed', state, count: 2, sumMs: 11 });
    expect(read().filter((each) => each.state === state)).toHaveLength(1);
  });

  it('measures every job of a batch that expired', () => {
    times.add(
      jobsExpired([{ sinceReceiptMs: 86_400_000 }, { sinceReceiptMs: 86_400_500, startedAfterMs: 7 }]),
    );
    expect(read()).toEqual([{ step: 'committed', state: 'expired', count: 2, sumMs: 172_800_500 }]);
  });

  it('tells apart from where this process knows logouts, and counts a time in the future as 0', () => {
    times.add(logout('cluster', AT - 30));
    times.add(logout('store', AT + 5));
    expect(read()).toEqual([
      { step: 'known', source: 'cluster', count: 1, sumMs: 30 },
      { step: 'known', source: 'store', count: 1, sumMs: 0 },
    ]);
  });

  it('ignores other events', () => {
    times.add({ code: 'MEVETO_TOKEN_EXCHANGED', at: AT });
    times.add({ code: 'MEVETO_OF_ANOTHER_VERSION', at: AT });
    expect(read()).toEqual([]);
  });

  const logout = (source: string, loggedOutAt: number) => ({
    code: 'MEVETO_LOGOUT',
    at: AT,
    ...{ userId: '1', reason: 'meveto', source, loggedOutAt },
  });
});
