import { describe, expect, it } from '@jest/globals';
import { Faults } from './faults.js';

const struck = (faults: Faults, count: number): unknown[] =>
  Array.from({ length: count }, () => faults.strike('exchange')?.kind);

describe('Faults', () => {
  it('plans no fault at first', () => {
    expect(struck(new Faults(1), 3)).toEqual([undefined, undefined, undefined]);
  });

  it('returns a fault as often as planned, and then no more', () => {
    const faults = new Faults(1);
    faults.set({ exchange: { kind: 'lost-answer', count: 2 } });
    expect(struck(faults, 4)).toEqual(['lost-answer', 'lost-answer', undefined, undefined]);
    expect(faults.planned('exchange')).toEqual([]);
    expect(faults.strikes('exchange')).toBe(2);
  });

  it('affects the same requests for the same seed, and others for another seed', () => {
    const pattern = (seed: number): unknown[] => {
      const faults = new Faults(seed);
      faults.set({ exchange: { kind: 'cut', probability: 0.3 } });
      return struck(faults, 1_000);
    };
    expect(pattern(7)).toEqual(pattern(7));
    expect(pattern(7)).not.toEqual(pattern(8));
    const share = pattern(7).filter((kind) => kind === 'cut').length / 1_000;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.35);
  });

  it('returns the first of several faults that occurs', () => {
    const faults = new Faults(1);
    faults.set({
      exchange: [
        { kind: 'cut', count: 1 },
        { kind: 'huge', probability: 0 },
        { kind: 'not-json', count: 1 },
      ],
    });
    expect(struck(faults, 3)).toEqual(['cut', 'not-json', undefined]);
  });

  it('keeps the faults of other endpoints, and clears one endpoint or all', () => {
    const faults = new Faults(1);
    faults.set({ exchange: { kind: 'cut' }, webhook: { kind: 'never' } });
    faults.set({ pending: { kind: 'huge' } });
    faults.clear('webhook');
    expect([faults.strike('exchange')?.kind, faults.strike('webhook')]).toEqual(['cut', undefined]);
    faults.clear();
    expect(faults.strike('pending')).toBeUndefined();
  });

  it('refuses all numbers that are out of bounds at once, and changes nothing', () => {
    const faults = new Faults(1);
    expect(() => {
      faults.set({
        pending: { kind: 'cut' },
        exchange: { kind: 'status', status: 200, count: 0 },
        webhook: { kind: 'late', delayMs: -1, probability: 1.5 },
      });
    }).toThrow(
      'Invalid faults:\n' +
        'exchange: status: got 200, expected an integer from 400 to 599\n' +
        'exchange: count: got 0, expected an integer from 1 to 9007199254740991\n' +
        'webhook: delayMs: got -1, expected an integer from 0 to 600000\n' +
        'webhook: probability: got 1.5, expected a number from 0 to 1',
    );
    expect(faults.planned('pending')).toEqual([]);
  });
});
