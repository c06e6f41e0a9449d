import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

type Level = 'log' | 'warn' | 'error' | 'fatal';
const LEVELS: readonly Level[] = ['log', 'warn', 'error', 'fatal'];
type Write = (text: unknown, ...context: unknown[]) => void;

/** Passes each line of Nest's log to `write`, in every test of the surrounding block. */
function takeOver(write: (level: Level) => Write): void {
  beforeEach(() => {
    Logger.overrideLogger(
      Object.fromEntries(LEVELS.map((level) => [level, write(level)])) as Record<Level, Write>,
    );
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });
}

/** Collects the lines of one level, separately for each test of the block. A line of another level fails the test. */
export function linesOf(expected: Level) {
  const lines = jest.fn<Write>();
  const others: string[] = [];
  takeOver((level) => (level === expected ? lines : (text) => others.push(`${level}: ${String(text)}`)));
  beforeEach(() => {
    lines.mockClear();
    others.length = 0;
  });
  afterEach(() => {
    expect(others).toEqual([]);
  });
  return lines;
}

/** Collects all lines as `level: text`, separately for each test of the block. */
export function leveledLines(): string[] {
  const lines: string[] = [];
  takeOver((level) => (text) => lines.push(`${level}: ${String(text)}`));
  beforeEach(() => {
    lines.length = 0;
  });
  return lines;
}
