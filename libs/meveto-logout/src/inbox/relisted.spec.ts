import { describe, expect, it } from '@jest/globals';
import { CALL_STATES } from '../model/call.js';
import { goesOnWithToken, type KnownCall, whenListedAgain as decide } from './relisted.js';

const listed = {
  sourceId: '1',
  digest: 'd',
  type: 'User_Logged_Out',
  sealed: 's',
  lane: 'listed',
  sender: undefined,
  createdAt: undefined,
} as const;
const unresolved = ['ambiguous', 'expired'] as const;
const others = CALL_STATES.filter((state) => !unresolved.some((each) => each === state));

const whenListedAgain = (known: Omit<KnownCall, 'reason'>, call: Parameters<typeof decide>[1]) =>
  decide({ ...known, reason: 'test' }, call);

describe('a call whose token comes again', () => {
  it.each(['time-to-live', 'time-to-live-outcome-unknown', 'key-missing', null])(
    'goes on when it expired by %s',
    (reason) => {
      expect(goesOnWithToken('expired', reason)).toBe(true);
    },
  );

  it('goes on when it is ambiguous because its token was lost, and for no other reason', () => {
    expect(goesOnWithToken('ambiguous', 'token-lost')).toBe(true);
    for (const reason of ['invalid-after-unknown-attempt', null, undefined])
      expect(goesOnWithToken('ambiguous', reason)).toBe(false);
  });

  it.each(CALL_STATES.filter((state) => state !== 'expired' && state !== 'ambiguous'))(
    'is left alone when it is %s',
    (state) => {
      expect(goesOnWithToken(state, 'token-lost')).toBe(false);
    },
  );
});

describe('a known call that the pending list names', () => {
  it.each(unresolved)('is opened again when it is %s and had no id yet', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: null }, listed)).toBe('reopen');
    expect(whenListedAgain({ state, digest: 'd', sourceId: undefined }, listed)).toBe('reopen');
  });

  it.each(unresolved)('is opened again when it is %s and has a fresh token', (state) => {
    expect(whenListedAgain({ state, digest: 'old', sourceId: '1' }, listed)).toBe('reopen');
  });

  it('is left alone when it is ambiguous and nothing is new, also by an earlier key', () => {
    const known = { state: 'ambiguous', sourceId: '1' } as const;
    expect(whenListedAgain({ ...known, digest: 'd' }, listed)).toBe('leave');
    const again = { ...listed, earlierDigests: ['older', 'old'] };
    expect(whenListedAgain({ ...known, digest: 'old' }, again)).toBe('leave');
  });

  it('is opened again when it goes on with its token, though nothing is new', () => {
    const known = { digest: 'd', sourceId: '1' };
    expect(whenListedAgain({ ...known, state: 'expired' }, listed)).toBe('reopen');
    expect(decide({ ...known, state: 'ambiguous', reason: 'token-lost' }, listed)).toBe('reopen');
    const other = { ...known, sourceId: '2' };
    expect(decide({ ...other, state: 'ambiguous', reason: 'token-lost' }, listed)).toBe('leave');
  });

  it.each(CALL_STATES)(
    'is left alone when it is %s and is another call by its id, whatever its token',
    (state) => {
      expect(whenListedAgain({ state, digest: 'd', sourceId: '2' }, listed)).toBe('leave');
      expect(whenListedAgain({ state, digest: 'other', sourceId: '2' }, listed)).toBe('leave');
    },
  );

  it.each(others)('is named by its id when it is %s and had none', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: null }, listed)).toBe('name');
  });

  it.each(others)(
    'is left alone when it is %s and has its id, but for a rejected one with a fresh token',
    (state) => {
      expect(whenListedAgain({ state, digest: 'd', sourceId: '1' }, listed)).toBe('leave');
      const withFreshToken = whenListedAgain({ state, digest: 'old', sourceId: '1' }, listed);
      expect(withFreshToken).toBe(state === 'rejected' ? 'reopen' : 'leave');
    },
  );

  it.each(CALL_STATES)('is left alone when it is %s and has another id', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: '2' }, listed)).toBe('leave');
  });
});
