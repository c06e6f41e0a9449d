import { relative, sep } from 'node:path';

/**
 * The most characters of the modules of one chunk. In the tarball the two builds of a chunk are neighbours: gzip finds the first
 * one in its window of 32,768 bytes, and the second one costs little.
 */
const MOST_CHARACTERS = 30_000;

/**
 * Visits these modules and those that they import, each after its own imports, and those that they import on demand.
 * @param {Iterable<string>} roots
 * @param {(id: string) => import('rollup').ModuleInfo | null} infoOf
 */
function visit(roots, infoOf, { onDemand, onModule }) {
  const seen = new Set();
  const enter = (id) => {
    const info = infoOf(id);
    if (info === null || info.isExternal || seen.has(id)) return;
    seen.add(id);
    info.importedIds.forEach(enter);
    onModule(id, info);
    info.dynamicallyImportedIds.forEach((each) => onDemand?.(each));
  };
  for (const root of roots) enter(root);
}

/** The modules in the order of their evaluation, and for each the entries and dynamic imports that lead to it. */
function modulesOf(entries, infoOf) {
  const roots = new Set(entries);
  const modules = new Map();
  // A set is iterated with what is added meanwhile.
  visit(roots, infoOf, {
    onModule: (id, { isIncluded, code }) =>
      modules.set(id, { from: [], isIncluded, size: code?.length ?? 0 }),
    onDemand: (id) => roots.add(id),
  });
  for (const root of roots) visit([root], infoOf, { onModule: (id) => modules.get(id).from.push(root) });
  for (const root of roots) modules.delete(root);
  return modules;
}

/** The top folder of a path. The helpers of decorators, which come from another package, count as `core`. */
const topOf = (path) => (path.startsWith('..') ? 'core' : path.replace(/\..*/, '').split(sep)[0]);

/**
 * Assigns modules to chunks. Modules in one chunk are needed by the same entries, so that no entry loads code of another one. In the
 * order of evaluation a chunk imports only earlier ones: chunks do not import each other in a circle.
 * @param {string[]} entries ids of the modules of the entries, which are in no chunk
 * @returns {Map<string, string>} the name of the chunk of each module
 */
export function chunksOf(entries, infoOf, folder) {
  const last = new Map();
  const names = new Map();
  let count = 0;
  for (const [id, { from, isIncluded, size }] of modulesOf(entries, infoOf)) {
    // Such as a module of types.
    if (isIncluded === false) continue;
    const key = from.join();
    let chunk = last.get(key);
    if (chunk === undefined || chunk.size + size > MOST_CHARACTERS) {
      count += 1;
      chunk = { name: `${topOf(relative(folder, id))}-${count}`, size: 0 };
      last.set(key, chunk);
    }
    chunk.size += size;
    names.set(id, chunk.name);
  }
  return names;
}
