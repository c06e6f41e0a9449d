import type { Ratio } from './measure.js';
import { figure } from './table.js';
import { isMet, type Target, targets } from './targets.js';

const ROW = 24;
const NAMES = 270;
const BARS = 330;
const WIDTH = NAMES + BARS + 150;
/** The target's line: this share of the width of the bars. */
const TARGET_AT = 0.5;

/**
 * A chart of the figures that have a target: the bar reaches the line if the target is met. Where less is better, the bar is
 * the target over the figure.
 */
export function chart(ratios: Readonly<Record<string, Ratio>>): string {
  const withTarget = Object.entries(ratios).flatMap(([name, ratio]) => {
    const target = targets[name];
    return target === undefined ? [] : [{ name, ratio, target }];
  });
  const height = ROW * withTarget.length + 40;
  const line = NAMES + BARS * TARGET_AT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" font-family="sans-serif" font-size="12">`,
    `<rect width="${String(WIDTH)}" height="${String(height)}" fill="#fff"/>`,
    `<text x="${String(line)}" y="16" text-anchor="middle" fill="#555">target</text>`,
    ...withTarget.map(barOf),
    `<line x1="${String(line)}" y1="22" x2="${String(line)}" y2="${String(height - 12)}" stroke="#333" stroke-dasharray="4 3"/>`,
    '</svg>',
    '',
  ].join('\n');
}

function barOf(
  { name, ratio, target }: { name: string; ratio: Ratio; target: Target },
  index: number,
): string {
  const y = 28 + index * ROW;
  const share = target.comparison === '>=' ? ratio.median / target.bound : target.bound / ratio.median;
  const width = Math.max(1, Math.min(share * TARGET_AT, 1) * BARS);
  const colour = isMet(target, ratio) ? '#2a9d5c' : '#d1663c';
  const sign = target.comparison === '>=' ? '≥' : '≤';
  return (
    `<text x="${String(NAMES - 8)}" y="${String(y + 13)}" text-anchor="end">${name}</text>` +
    `<rect x="${String(NAMES)}" y="${String(y)}" width="${width.toFixed(0)}" height="${String(ROW - 6)}" fill="${colour}"/>` +
    `<text x="${String(NAMES + BARS + 8)}" y="${String(y + 13)}">${figure(ratio.median)} (${sign} ${String(target.bound)})</text>`
  );
}
