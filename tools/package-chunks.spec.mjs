import { describe, expect, it } from '@jest/globals';
import { chunksOf } from './package-chunks.mjs';

const FOLDER = '/compiled';
const at = (name) => `${FOLDER}/${name}`;

/** The chunks of these modules, each with its imports, its imports on demand and its size. */
function chunks(entries, modules) {
  const infoOf = (id) => {
    const { imports = [], onDemand = [], size = 100 } = modules[id.slice(FOLDER.length + 1)];
    return {
      isExternal: false,
      code: 'x'.repeat(size),
      importedIds: imports.map(at),
      dynamicallyImportedIds: onDemand.map(at),
    };
  };
  const names = chunksOf(entries.map(at), infoOf, FOLDER);
  return Object.fromEntries([...names].map(([id, name]) => [id.slice(FOLDER.length + 1), name]));
}

describe('chunksOf', () => {
  it('joins what the same entries need, and keeps the rest apart', () => {
    const names = chunks(['index.js', 'other.js'], {
      'index.js': { imports: ['guard/a.js', 'core/b.js'] },
      'other.js': { imports: ['core/b.js', 'core/c.js'] },
      'guard/a.js': { imports: ['core/b.js', 'guard/d.js'] },
      'guard/d.js': {},
      'core/b.js': { imports: ['core/c.js'] },
      'core/c.js': {},
    });
    expect(names).toEqual({
      'core/c.js': 'core-1',
      'core/b.js': 'core-1',
      'guard/d.js': 'guard-2',
      'guard/a.js': 'guard-2',
    });
  });

  it('keeps apart what is loaded on demand', () => {
    const names = chunks(['index.js'], {
      'index.js': { imports: ['core/a.js'] },
      'core/a.js': { onDemand: ['core/late.js'] },
      'core/late.js': { imports: ['core/of-late.js'] },
      'core/of-late.js': {},
    });
    expect(names).toEqual({ 'core/a.js': 'core-1', 'core/of-late.js': 'core-2' });
  });

  it('begins a chunk before one gets too large, in the order of evaluation', () => {
    const names = chunks(['index.js'], {
      'index.js': { imports: ['core/c.js'] },
      'core/c.js': { imports: ['core/b.js'], size: 20_000 },
      'core/b.js': { imports: ['core/a.js'], size: 20_000 },
      'core/a.js': { size: 10_000 },
    });
    expect(names).toEqual({ 'core/a.js': 'core-1', 'core/b.js': 'core-1', 'core/c.js': 'core-2' });
  });
});
