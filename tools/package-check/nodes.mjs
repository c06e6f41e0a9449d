// The Node versions of the check, and better-sqlite3 compiled for each of them.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCli, npmInstall, run } from './commands.mjs';

const BINARY = 'build/Release/better_sqlite3.node';
const own = fileURLToPath(new URL('../../node_modules/better-sqlite3', import.meta.url));
/** The cases install this version, because its binary is copied in. */
export const sqliteVersion = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')).version;

/** Kept between runs: Node versions and binaries. */
const kept = join(tmpdir(), 'meveto-package-check');
const majorOf = (version) => Number(version.split('.')[0]);
const folderOf = (major) => join(kept, `node-${major}`);
const packageOf = (major) => join(folderOf(major), 'node_modules/node');

/** Path of the Node of a major version: this process's, or one from the npm registry. */
export async function nodeOf(major) {
  if (majorOf(process.versions.node) === major) return process.execPath;
  const node = join(packageOf(major), 'bin/node');
  if (!existsSync(node)) {
    mkdirSync(folderOf(major), { recursive: true });
    // What the package `node` downloads in its install script.
    const dependencies = { node: `npm:node-${process.platform}-${process.arch}@${major}` };
    writeFileSync(join(folderOf(major), 'package.json'), JSON.stringify({ private: true, dependencies }));
    await npmInstall(process.execPath, folderOf(major));
  }
  return node;
}

/** Path of better-sqlite3's binary for a Node of `nodeOf`. Compiles it once. */
async function binaryFor(major) {
  if (majorOf(process.versions.node) === major) return join(own, BINARY);
  const binary = join(kept, `better_sqlite3-${sqliteVersion}-node-${major}.node`);
  if (!existsSync(binary)) {
    const sources = join(kept, `better-sqlite3-for-node-${major}`);
    rmSync(sources, { recursive: true, force: true });
    cpSync(own, sources, { recursive: true, filter: (path) => !path.endsWith('/build') });
    const gyp = join(dirname(npmCli), '../node_modules/node-gyp/bin/node-gyp.js');
    // node-gyp prefers npm's settings to its arguments.
    const env = { npm_config_nodedir: packageOf(major) };
    await run(await nodeOf(major), [gyp, 'rebuild', '--release'], {
      cwd: sources,
      env,
      timeoutMs: 1_200_000,
    });
    copyFileSync(join(sources, BINARY), binary);
    rmSync(sources, { recursive: true });
  }
  return binary;
}

/** Copies better-sqlite3's binary for a Node into a folder's node_modules, if better-sqlite3 is installed there. */
export async function copySqliteBinary(folder, major) {
  const installed = join(folder, 'node_modules/better-sqlite3');
  if (!existsSync(installed)) return;
  const target = join(installed, BINARY);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(await binaryFor(major), target);
}
