// `npm run build && node tools/package-size.mjs`: the size of the package as npm packs it, and that of the ES modules that the root
// loads. Exits with 1 if one of them is above its limit.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const LIMIT_BYTES = { 'the package': 330_000, 'the ES modules of the root': 160_000 };
const built = fileURLToPath(new URL('../dist/libs/meveto-logout', import.meta.url));

/** @returns {number} bytes of the tarball that `npm pack` makes of a folder */
function packedBytes(folder) {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  return JSON.parse(stdout)[0].size;
}

/** The files that importing the root loads, at once or on demand. */
async function filesOfRoot() {
  const { metafile } = await build({
    absWorkingDir: built,
    entryPoints: ['index.js'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    metafile: true,
  });
  return Object.keys(metafile.inputs).map((path) => relative(built, join(built, path)));
}

async function packedBytesOfRoot() {
  const folder = mkdtempSync(join(tmpdir(), 'meveto-size-'));
  try {
    for (const file of await filesOfRoot()) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(built, file), join(folder, file));
    }
    const { name, version } = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }));
    return packedBytes(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sizes = { 'the package': packedBytes(built), 'the ES modules of the root': await packedBytesOfRoot() };
for (const [what, limit] of Object.entries(LIMIT_BYTES)) {
  const isAbove = sizes[what] > limit;
  console.log(`${what}: ${sizes[what]} bytes packed, at most ${limit}${isAbove ? ': TOO LARGE' : ''}`);
  if (isAbove) process.exitCode = 1;
}
