import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { compact } from './compact.mjs';
import { entries } from './entries.mjs';
import { chunksOf } from './package-chunks.mjs';
import { COMMONJS } from './package-manifest.mjs';
import { toCommonJs } from './to-commonjs.mjs';

/** The warning that an entry uses types which no entry exports. */
const IS_ALLOWED = /references private shared type exports/;
const COMMAND_LINE = 'cli/index';
/** The functions that compiled decorators call. They become part of the package. */
const HELPERS = fileURLToPath(import.meta.resolve('tslib/tslib.es6.mjs'));

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Joins the files of entries, and of what they import, into chunks.
 * @param {string} folder of the compiled files
 * @param {string[]} names of the entries, without the ending
 * @param {string} ending of the files
 * @param {import('rollup').Plugin} plugin
 * @returns {Promise<import('rollup').OutputChunk[]>}
 */
async function joinedFiles(folder, names, ending, plugin) {
  const input = Object.fromEntries(names.map((name) => [name, join(folder, name + ending)]));
  const bundle = await rollup({
    input,
    plugins: [plugin],
    external: (id) => id !== 'tslib' && !id.startsWith('.') && !isAbsolute(id),
    // As the manifest says.
    treeshake: { moduleSideEffects: false },
    onwarn({ message }) {
      if (!IS_ALLOWED.test(message)) throw new Error(message);
    },
  });
  let chunks;
  const { output } = await bundle.generate({
    format: 'es',
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    entryFileNames: `[name]${ending}`,
    chunkFileNames: `chunks/[name]${ending}`,
    manualChunks(id, { getModuleInfo }) {
      chunks ??= chunksOf(Object.values(input), getModuleInfo, folder);
      return chunks.get(id);
    },
  });
  return output;
}

const codePlugin = {
  name: 'code',
  resolveId: (id) => (id === 'tslib' ? HELPERS : null),
  transform: (code) => ({ code: compact(code), map: null }),
};

/** The names of these files and of what they import. */
function withImports(files, names) {
  const all = new Set(names);
  for (const name of all) {
    const file = files.find(({ fileName }) => fileName === name);
    for (const each of [...(file?.imports ?? []), ...(file?.dynamicImports ?? [])]) all.add(each);
  }
  return all;
}

/** Rollup renames what has the same name in one chunk. Classes show their names, for example in logs. */
function checkClassNames(fileName, code) {
  const renamed = /\bclass (\w+\$\d+)/.exec(code)?.[1];
  if (renamed !== undefined) throw new Error(`${fileName} has two classes of one name: ${renamed}.`);
}

/**
 * Writes the package's JavaScript and declarations, as ES modules and as CommonJS. The command line is an ES module only.
 * @param {string} compiled folder of the compiled sources
 * @param {string} built folder of the package
 */
export async function emitPackage(compiled, built) {
  const names = entries().map(({ file }) => file);
  const files = await joinedFiles(compiled, [...names, COMMAND_LINE], '.js', codePlugin);
  const inCommonJs = withImports(
    files,
    names.map((name) => `${name}.js`),
  );
  for (const { fileName, code } of files) {
    checkClassNames(fileName, code);
    write(join(built, fileName), code);
    if (inCommonJs.has(fileName)) write(join(built, COMMONJS, fileName), toCommonJs(code));
  }
  for (const { fileName, code } of await joinedFiles(compiled, names, '.d.ts', dts())) {
    write(join(built, fileName), code);
    write(join(built, COMMONJS, fileName), code);
  }
  write(join(built, COMMONJS, 'package.json'), '{ "type": "commonjs" }\n');
}
