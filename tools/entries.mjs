import { readFileSync } from 'node:fs';

/**
 * The entries of the package that have code, as `exports` of its manifest lists them: `nestjs-meveto-logout`,
 * `nestjs-meveto-logout/typeorm` and so on, and the file of each below the package's root, without its ending.
 * @returns {{ name: string, file: string }[]}
 */
export function entries() {
  const manifest = new URL('../libs/meveto-logout/package.json', import.meta.url);
  const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path, target]) => ({
      name: name + path.slice(1),
      file: target.default.replace(/^\.\//, '').replace(/\.js$/, ''),
    }));
}
