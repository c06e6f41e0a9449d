import { describe, expect, it } from '@jest/globals';
import { packageManifest } from './package-manifest.mjs';

describe('packageManifest', () => {
  const manifest = packageManifest({
    name: 'some-package',
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './client/pusher': { types: './client/pusher.d.ts', default: './client/pusher.js' },
      './package.json': './package.json',
    },
  });

  it('gives import and require a file and declarations of their own', () => {
    expect(manifest.exports).toEqual({
      '.': {
        import: { types: './index.d.ts', default: './index.js' },
        require: { types: './cjs/index.d.ts', default: './cjs/index.js' },
      },
      './client/pusher': {
        import: { types: './client/pusher.d.ts', default: './client/pusher.js' },
        require: { types: './cjs/client/pusher.d.ts', default: './cjs/client/pusher.js' },
      },
      './package.json': './package.json',
    });
  });

  it('tells resolution without exports the same', () => {
    expect(manifest).toMatchObject({
      name: 'some-package',
      main: './cjs/index.js',
      types: './cjs/index.d.ts',
      typesVersions: { '*': { 'client/pusher': ['./cjs/client/pusher.d.ts'] } },
    });
  });
});
