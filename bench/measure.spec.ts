import { describe, expect, it } from '@jest/globals';
import { chart } from './chart.js';
import { ratioOf } from './measure.js';
import { figure, markdownTable, plainTable } from './table.js';
import { isMet } from './targets.js';

const of = (median: number) => ({ median, q1: median - 0.01, q3: median + 0.01, rounds: 12 });

describe('ratioOf', () => {
  it('gives the median and the quartiles of the rounds, in any order', () => {
    expect(ratioOf([5, 1, 4, 2, 3])).toEqual({ median: 3, q1: 2, q3: 4, rounds: 5 });
  });

  it('interpolates between two rounds', () => {
    expect(ratioOf([1, 2, 3, 10])).toEqual({ median: 2.5, q1: 1.75, q3: 4.75, rounds: 4 });
  });

  it('takes a single round', () => {
    expect(ratioOf([7])).toEqual({ median: 7, q1: 7, q3: 7, rounds: 1 });
  });

  it.each([[[]], [[1, Number.NaN]], [[Infinity]]])('refuses %j', (rounds) => {
    expect(() => ratioOf(rounds)).toThrow('finite rounds');
  });
});

describe('a target', () => {
  it('is met at its bound', () => {
    expect(isMet({ comparison: '>=', bound: 0.88 }, of(0.88))).toBe(true);
    expect(isMet({ comparison: '<=', bound: 3 }, of(3))).toBe(true);
  });

  it('is missed on the wrong side', () => {
    expect(isMet({ comparison: '>=', bound: 0.88 }, of(0.87))).toBe(false);
    expect(isMet({ comparison: '<=', bound: 3 }, of(3.1))).toBe(false);
  });
});

describe('the table', () => {
  const ratios = {
    guard_vs_unguarded_fastify: of(0.9),
    ack_idle_vs_null_fastify: of(4),
    guard_call_us: of(0.4),
  };

  it('says whether each target is met', () => {
    const [, ...rows] = plainTable(ratios).split('\n');
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['guard_vs_unguarded_fastify', '0.900', '0.890 to 0.910', '12', '≥ 0.88', 'yes'],
      ['ack_idle_vs_null_fastify', '4.00', '3.99 to 4.01', '12', '≤ 3', 'no'],
      ['guard_call_us', '0.400', '0.390 to 0.410', '12', 'reported'],
    ]);
  });

  it('has the same cells in Markdown', () => {
    expect(markdownTable(ratios).split('\n')[2]).toBe(
      '| `guard_vs_unguarded_fastify` | 0.900  | 0.890 to 0.910 | 12     | ≥ 0.88   | yes |',
    );
  });

  it.each([
    [0.1234, '0.123'],
    [5.678, '5.68'],
    [45.67, '45.7'],
    [12_345.6, '12346'],
  ])('shows %d as %s', (value, shown) => {
    expect(figure(value)).toBe(shown);
  });
});

describe('the chart', () => {
  it('draws the figures with a target; a bar that meets it reaches the line', () => {
    const svg = chart({ guard_vs_unguarded_fastify: of(0.88), guard_call_us: of(0.4) });
    expect(svg).toContain('>guard_vs_unguarded_fastify<');
    expect(svg).toContain('width="165" height="18" fill="#2a9d5c"');
    expect(svg).not.toContain('guard_call_us');
  });
});
