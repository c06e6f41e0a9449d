import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readClientScript } from './client-script.js';

describe('the built browser client', () => {
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

  it('is found beside the module in a package', () => {
    put('node_modules/nestjs-meveto-logout/client', 'packaged');
    const from = join(top, 'node_modules/nestjs-meveto-logout/browser');
    expect(readClientScript(name, from)?.content).toBe('packaged');
  });

  it('is found in dist from wherever a checkout is compiled to', () => {
    put('dist/libs/meveto-logout/client', 'built');
    for (const from of ['libs/meveto-logout/src/browser', 'dist/apps/demo/libs/meveto-logout/src/browser'])
      expect(readClientScript(name, join(top, from))?.content).toBe('built');
  });

  it('has another tag as soon as it is another one', () => {
    put('client', 'one');
    const first = readClientScript(name, top)?.etag;
    put('client', 'two');
    const second = readClientScript(name, top)?.etag;
    expect(first).toMatch(/^"[\w-]{22}"$/);
    expect(second).not.toBe(first);
  });

  it('may be missing', () => {
    expect(readClientScript(name, join(top, 'browser'))).toBeUndefined();
  });
});
