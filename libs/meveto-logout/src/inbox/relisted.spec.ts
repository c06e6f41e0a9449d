import { describe, expect, it } from '@jest/globals';
import { CALL_STATES } from '../model/call.js';
import { whenListedAgain } from './relisted.js';

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

describe('a known call that the pending list names', () => {
  it.each(unresolved)('is opened again when it is %s and had no id yet', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: null }, listed)).toBe('reopen');
    expect(whenListedAgain({ state, digest: 'd', sourceId: undefined }, listed)).toBe('reopen');
  });

  it.each(unresolved)('is opened again when it is %s and has a fresh token', (state) => {
    expect(whenListedAgain({ state, digest: 'old', sourceId: '1' }, listed)).toBe('reopen');
  });

  it.each(unresolved)('is left alone when it is %s and nothing is new', (state) => {
    expect(whenListedAgain({ state, digest: 'd', sourceId: '1' }, listed)).toBe('leave');
  });

  it.each(unresolved)('is left alone when it is %s and has the same token by an earlier key', (state) => {
    const again = { ...listed, earlierDigests: ['older', 'old'] };
    expect(whenListedAgain({ state, digest: 'old', sourceId: '1' }, again)).toBe('leave');
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
