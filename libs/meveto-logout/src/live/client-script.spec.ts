import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readClientScript } from './client-script.js';

describe('readClientScript', () => {
  const name = 'meveto-logout.min.js';
  let top: string;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'meveto-client-'));
  });
  afterEach(() => {
    rmSync(top, { recursive: true });
  });
  const put = (folder: string, content: string) => {
    mkdirSync(join(top, folder), { recursive: true });
    writeFileSync(join(top, folder, name), content);
  };

  it('finds the client beside the module in a package', () => {
    put('node_modules/nestjs-meveto-logout/client', 'packaged');
    const from = join(top, 'node_modules/nestjs-meveto-logout/browser');
    expect(readClientScript(name, from)?.content).toBe('packaged');
  });

  it('finds the client in dist of a checkout, for any output folder of the compiler', () => {
    put('dist/libs/meveto-logout/client', 'built');
    for (const from of ['libs/meveto-logout/src/browser', 'dist/apps/demo/libs/meveto-logout/src/browser'])
      expect(readClientScript(name, join(top, from))?.content).toBe('built');
  });

  it('returns another tag for another content', () => {
    put('client', 'one');
    const first = readClientScript(name, top)?.etag;
    put('client', 'two');
    const second = readClientScript(name, top)?.etag;
    expect(first).toMatch(/^"[\w-]{22}"$/);
    expect(second).not.toBe(first);
  });

  it('returns undefined when the client is missing', () => {
    expect(readClientScript(name, join(top, 'browser'))).toBeUndefined();
  });
});
