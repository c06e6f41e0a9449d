import { describe, expect, it } from '@jest/globals';
import { LaneBreakers } from './lane-breakers.js';

const stranger = { lane: 'stranger' } as const;
const confirmed = { lane: 'confirmed' } as const;
const listed = { lane: 'listed' } as const;

function after(failures: readonly (typeof stranger | typeof confirmed | typeof listed)[]): LaneBreakers {
  const breakers = new LaneBreakers();
  for (const call of failures) breakers.judge(call, false, 0);
  return breakers;
}
const five = <T>(each: T): T[] => Array.from({ length: 5 }, () => each);

describe('the breakers of the lanes', () => {
  it('let everything through as long as Meveto answers', () => {
    expect(after([]).allows(16, 0)).toEqual({ all: 16, strangers: 16 });
    expect(after(five(stranger).slice(1)).allows(16, 0)).toEqual({ all: 16, strangers: 16 });
  });

  it('hold up strangers alone for what fails of strangers', () => {
    const breakers = after(five(stranger));
    expect(breakers.allows(16, 0)).toEqual({ all: 16, strangers: 0 });
    expect(breakers.allows(16, 1_500)).toEqual({ all: 16, strangers: 1 });
    breakers.probed(stranger, 1_500);
    expect(breakers.allows(16, 1_500)).toEqual({ all: 16, strangers: 0 });
  });

  it('hold up everybody for what fails of others, strangers’ failures among them or not', () => {
    expect(after([confirmed, listed, confirmed, listed, confirmed]).allows(16, 0)).toEqual({
      all: 0,
      strangers: 0,
    });
    expect(after([...five(stranger), ...five(confirmed).slice(1)]).allows(16, 0).all).toBe(16);
    expect(after([...five(stranger), ...five(confirmed)]).allows(16, 0).all).toBe(0);
  });

  it('let one be tried in an outage, a stranger’s only at its own time', () => {
    const breakers = after(five(confirmed));
    expect(breakers.allows(16, 1_500)).toEqual({ all: 1, strangers: 1 });
    breakers.probed(stranger, 1_500);
    expect(breakers.allows(16, 1_500)).toEqual({ all: 1, strangers: 0 });
    breakers.probed(confirmed, 1_500);
    expect(breakers.allows(16, 1_500)).toEqual({ all: 0, strangers: 0 });
  });

  it('let another one be tried at once where a probe has not asked Meveto', () => {
    const breakers = after(five(confirmed));
    breakers.probed(confirmed, 1_500);
    expect(breakers.judge(confirmed, undefined, 1_510)).toBeUndefined();
    expect(breakers.allows(16, 1_510).all).toBe(1);
    breakers.probed(confirmed, 1_510);
    breakers.judge(confirmed, false, 1_520);
    // The pause has grown once.
    expect(breakers.allows(16, 4_509).all).toBe(0);
    expect(breakers.allows(16, 4_510).all).toBe(1);
  });

  it('tell of the beginning and the end of an outage, once', () => {
    const breakers = new LaneBreakers();
    expect(five(confirmed).map((call) => breakers.judge(call, false, 0))).toEqual([
      ...five(undefined).slice(1),
      'begun',
    ]);
    expect(breakers.judge(confirmed, false, 0)).toBeUndefined();
    expect(breakers.judge(confirmed, true, 0)).toBe('ended');
    expect(breakers.judge(confirmed, true, 0)).toBeUndefined();
    expect(breakers.allows(16, 0)).toEqual({ all: 16, strangers: 16 });
  });

  it('end an outage for everybody with a stranger’s answer, too', () => {
    const breakers = after(five(listed));
    expect(breakers.judge(stranger, true, 0)).toBe('ended');
    expect(breakers.allows(16, 0)).toEqual({ all: 16, strangers: 16 });
  });

  it('hold strangers up until one of theirs is answered, whatever Meveto answers others', () => {
    const breakers = after(five(stranger).slice(1));
    expect(breakers.judge(stranger, false, 0)).toBe('begun-for-strangers');
    expect(breakers.judge(confirmed, true, 0)).toBeUndefined();
    expect(breakers.allows(16, 0).strangers).toBe(0);
    expect(breakers.judge(stranger, true, 0)).toBe('ended');
    expect(breakers.allows(16, 0).strangers).toBe(16);
  });

  it('tell of what strangers bring about once a minute at most, beginnings and ends together', () => {
    const breakers = new LaneBreakers();
    const flap = (now: number) => [
      ...five(stranger).map((call) => breakers.judge(call, false, now)),
      breakers.judge(stranger, true, now),
    ];
    const told = [undefined, undefined, undefined, undefined, 'begun-for-strangers', 'ended'];
    const untold = told.map(() => undefined);
    expect([0, 1_500, 59_999, 60_000, 61_500].map(flap)).toEqual([told, untold, untold, told, untold]);
    // Of an outage it is told always.
    for (const call of five(confirmed)) breakers.judge(call, false, 62_000);
    expect(breakers.judge(stranger, true, 62_000)).toBe('ended');
  });

  it('tell of a long outage that follows a short one, a minute after that', () => {
    const breakers = after(five(stranger));
    breakers.judge(stranger, true, 10_000);
    const told = [20_000, 30_000, 59_999, 60_000, 90_000].map((now) =>
      five(stranger).map((call) => breakers.judge(call, false, now)),
    );
    expect(told.map((each) => each.find((news) => news !== undefined))).toEqual([
      undefined,
      undefined,
      undefined,
      'begun-for-strangers',
      undefined,
    ]);
    expect(breakers.judge(stranger, true, 100_000)).toBe('ended');
  });

  it('count failures in a row only', () => {
    const breakers = after(five(stranger).slice(1));
    breakers.judge(confirmed, true, 0);
    breakers.judge(stranger, false, 0);
    expect(breakers.allows(16, 0).strangers).toBe(16);
  });
});
