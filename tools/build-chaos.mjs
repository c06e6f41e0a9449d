// Bundles the host processes of test/chaos to dist/chaos, with a code cache, so that one starts in a few hundred
// milliseconds; and the command `npm run chaos`. Jest runs this before the crash tests.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Libraries load optional packages only on demand; native addons are loaded from their installed place. */
const asInstalled = {
  name: 'as-installed',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...where }) => {
      if (pluginData === 'resolving' || path.startsWith('node:')) return undefined;
      if (path === 'better-sqlite3') return { path, external: true };
      const found = await resolve(path, { ...where, pluginData: 'resolving' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

export default async function buildChaos() {
  await build({
    absWorkingDir: root,
    entryPoints: {
      host: 'test/chaos/host/main.ts',
      boot: 'test/chaos/host/boot.ts',
      run: 'test/chaos/random/main.ts',
    },
    outdir: 'dist/chaos',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    tsconfig: 'tsconfig.json',
    logLevel: 'error',
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'importMetaUrl' },
    plugins: [asInstalled],
  });
  const folder = mkdtempSync(join(tmpdir(), 'meveto-chaos-build-'));
  const { status, stderr } = spawnSync(
    process.execPath,
    ['dist/chaos/boot.cjs', join(folder, 'warm-up.sqlite')],
    { cwd: root, encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`The host of the crash tests does not start:\n${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildChaos();
