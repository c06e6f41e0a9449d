import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';

const LIMIT_BYTES = 2_048;
const bundler = new URL('../../../../tools/client-bundle.mjs', import.meta.url).href;

describe('the core of the client, without Socket.IO', () => {
  it('has 2 kB at most, minified and gzipped', async () => {
    const { bundleClient } = (await import(bundler)) as {
      readonly bundleClient: (entry: string, format: 'esm' | 'iife') => Promise<string>;
    };
    const core = await bundleClient('logout-client.ts', 'esm');
    expect(core).toContain('location.replace');
    expect(gzipSync(core, { level: 9 }).length).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});
