import { describe, expect, it } from '@jest/globals';
import { lastMomentBeforeSetBack } from './repeated-hour.js';

/** Local time in Berlin is set back from 03:00 to 02:00 at this instant. */
const SET_BACK_AT = Date.parse('2025-10-26T01:00:00Z');
const inBerlin = (at: number): number => (at < SET_BACK_AT ? -120 : -60);

describe('the last moment before local time is set back', () => {
  it.each(['2025-10-26T01:00:00Z', '2025-10-26T01:10:00Z', '2025-10-26T01:59:59.998Z'])(
    'is returned in the repeated hour: %s',
    (at) => {
      expect(lastMomentBeforeSetBack(Date.parse(at), inBerlin)).toBe(SET_BACK_AT - 1);
    },
  );

  it.each([
    '2025-10-26T00:59:59.999Z',
    '2025-10-26T00:10:00Z',
    '2025-10-26T02:00:00Z',
    '2025-10-27T01:10:00Z',
  ])('is undefined at any other time: %s', (at) => {
    expect(lastMomentBeforeSetBack(Date.parse(at), inBerlin)).toBeUndefined();
  });

  it('is undefined where local time is set forward, or never changed', () => {
    const forward = (at: number): number => (at < SET_BACK_AT ? -60 : -120);
    expect(lastMomentBeforeSetBack(SET_BACK_AT + 1_000, forward)).toBeUndefined();
    expect(lastMomentBeforeSetBack(SET_BACK_AT + 1_000, () => 0)).toBeUndefined();
  });
});
