import type { Ratio } from './measure.js';
import { isMet, targets } from './targets.js';

const HEADER = ['name', 'median', 'quartiles', 'rounds', 'target', 'met'];

/** The rows of the table: one for each figure. */
function rowsOf(ratios: Readonly<Record<string, Ratio>>): readonly (readonly string[])[] {
  return Object.entries(ratios).map(([name, ratio]) => {
    const target = targets[name];
    return [
      name,
      figure(ratio.median),
      `${figure(ratio.q1)} to ${figure(ratio.q3)}`,
      String(ratio.rounds),
      target === undefined ? 'reported' : `${target.comparison === '>=' ? '≥' : '≤'} ${String(target.bound)}`,
      target === undefined ? '' : isMet(target, ratio) ? 'yes' : 'no',
    ];
  });
}

/** Three digits at least: 0.123, 1.23, 12.3, 123, 12345. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** The table for a terminal. */
export function plainTable(ratios: Readonly<Record<string, Ratio>>): string {
  const rows = [HEADER, ...rowsOf(ratios)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The table for a page of the documentation. */
export function markdownTable(ratios: Readonly<Record<string, Ratio>>): string {
  const quoted = rowsOf(ratios).map(([name = '', ...cells]) => [`\`${name}\``, ...cells]);
  const rows = [HEADER, ...quoted];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(HEADER), rule, ...quoted.map(line)].join('\n');
}
