import { describe, expect, it } from '@jest/globals';
import { JOB_STATES } from './job.js';
import { resumesWithToken, type KnownJob, whenListedAgain as decide } from './listed-again.js';

const listed = {
  sourceId: '1',
  digest: 'd',
  kind: 'logout',
  sealed: 's',
  priority: 'listed',
  sender: undefined,
  createdAt: undefined,
} as const;
const unresolved = ['ambiguous', 'expired'] as const;
const others = JOB_STATES.filter((state) => !unresolved.some((each) => each === state));

const whenListedAgain = (known: Omit<KnownJob, 'reason'>, job: Parameters<typeof decide>[1]) =>
  decide({ ...known, reason: 'test' }, job);

describe('a job whose token is received again', () => {
  it.each(['time-to-live', 'time-to-live-outcome-unknown', 'key-missing', null])(
    'resumes when it expired with the reason %s',
    (reason) => {
      expect(resumesWithToken('expired', reason)).toBe(true);
    },
  );

  it('resumes when it is ambiguous with the reason token-lost, and with no other reason', () => {
    expect(resumesWithToken('ambiguous', 'token-lost')).toBe(true);
    for (const reason of ['invalid-after-unknown-attempt', null, undefined])
      expect(resumesWithToken('ambiguous', reason)).toBe(false);
  });

  it.each(JOB_STATES.filter((state) => state !== 'expired' && state !== 'ambiguous'))(
    'stays unchanged when it is %s',
    (state) => {
      expect(resumesWithToken(state, 'token-lost')).toBe(false);
    },
  );

  it.each(JOB_STATES)(
    'resumes with the reason key-missing only when it is pending or expired: %s',
    (state) => {
      expect(resumesWithToken(state, 'key-missing')).toBe(state === 'pending' || state === 'expired');
    },
  );
});

describe('a known job that is listed again', () => {
  it.each(unresolved)('is opened again when it is %s and had no Meveto id', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: null }, listed)).toBe('reopen');
    expect(whenListedAgain({ state, digest: 'd', sourceId: undefined }, listed)).toBe('reopen');
  });

  it.each(unresolved)('is opened again when it is %s and gets a new token', (state) => {
    expect(whenListedAgain({ state, digest: 'old', sourceId: '1' }, listed)).toBe('reopen');
  });

  it('stays unchanged when it is ambiguous and its id and token are known, also by an earlier key', () => {
    const known = { state: 'ambiguous', sourceId: '1' } as const;
    expect(whenListedAgain({ ...known, digest: 'd' }, listed)).toBe('leave');
    const again = { ...listed, earlierDigests: ['older', 'old'] };
    expect(whenListedAgain({ ...known, digest: 'old' }, again)).toBe('leave');
  });

  it('is opened again when it resumes with its token, although its id and token are known', () => {
    const known = { digest: 'd', sourceId: '1' };
    expect(whenListedAgain({ ...known, state: 'expired' }, listed)).toBe('reopen');
    expect(decide({ ...known, state: 'ambiguous', reason: 'token-lost' }, listed)).toBe('reopen');
    const other = { ...known, sourceId: '2' };
    expect(decide({ ...other, state: 'ambiguous', reason: 'token-lost' }, listed)).toBe('leave');
  });

  it.each(JOB_STATES)(
    'stays unchanged when it is %s and the listed webhook has another id, with any token',
    (state) => {
      expect(whenListedAgain({ state, digest: 'd', sourceId: '2' }, listed)).toBe('leave');
      expect(whenListedAgain({ state, digest: 'other', sourceId: '2' }, listed)).toBe('leave');
    },
  );

  it.each(others)('gets its Meveto id when it is %s and had none', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: null }, listed)).toBe('set-source-id');
  });

  it.each(others)(
    'stays unchanged when it is %s and has its id, except for a rejected job with a new token',
    (state) => {
      expect(whenListedAgain({ state, digest: 'd', sourceId: '1' }, listed)).toBe('leave');
      const withFreshToken = whenListedAgain({ state, digest: 'old', sourceId: '1' }, listed);
      expect(withFreshToken).toBe(state === 'rejected' ? 'reopen' : 'leave');
    },
  );

  it.each(JOB_STATES)('stays unchanged when it is %s and has another id', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: '2' }, listed)).toBe('leave');
  });
});
