import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { EventKind } from '../../libs/meveto-logout/src/core/event-kinds.js';
import { eventTables } from '../../libs/meveto-logout/src/events.js';
import { SRC } from '../support/import-rules.js';

describe('log lines', () => {
  const LOG = 'core/event-log.ts';
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.startsWith('testing/'),
  );
  const writes = (source: string) =>
    /\bLogger\b|\bConsoleLogger\b|\bconsole\./.test(source.replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, ''));

  it('are found in sources', () => {
    expect(writes("import { Logger as Log } from '@nestjs/common';")).toBe(true);
    expect(writes("console.warn('a line');")).toBe(true);
    expect(writes('/** Like a Logger. */\n// console.log\nexport const a = 1;')).toBe(false);
  });

  it('are written only by the listener of events', () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(sources.filter((name) => writes(readFileSync(join(SRC, name), 'utf8')))).toEqual([LOG]);
  });

  it('are asserted in tests with their codes and levels', () => {
    const specs = [SRC, 'test']
      .flatMap((root) =>
        readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name)),
      )
      .filter((name) => name.endsWith('spec.ts') && !name.endsWith('event-lines.e2e-spec.ts'))
      .map((name) => readFileSync(name, 'utf8'));
    const isAsserted = ({ code, level }: EventKind): boolean => {
      const ofLevel = new RegExp(
        `linesOf\\('${level}'\\)|overrideLogger\\(\\{[^}]*\\b(?<!: )${level}(,| }|: jest)|Logger\\.prototype, '${level}'|${level}: \\\\?\\[${code}\\b`,
      );
      return specs.some((source) => new RegExp(`\\b${code}\\b`).test(source) && ofLevel.test(source));
    };
    const kinds: readonly EventKind[] = Object.values(eventTables);
    const found = kinds.filter((kind) => kind.level !== 'none' && !isAsserted(kind));
    expect(found.map(({ code }) => code).toSorted()).toEqual([]);
  });
});
