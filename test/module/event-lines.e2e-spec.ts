import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
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
});
