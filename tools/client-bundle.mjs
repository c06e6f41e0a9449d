// Bundles the browser client to one file.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const client = fileURLToPath(new URL('../libs/meveto-logout/src/client/', import.meta.url));

/** Names that only files of the client use; names that applications use stay the same. */
const INTERNAL_NAMES = /^(checked|received|hide|show|lift|ask|renew)$/;

/**
 * @param {string} entry file name in the client's folder @param {'esm' | 'iife'} format
 * @returns {Promise<string>} the minified script
 */
export async function bundleClient(entry, format) {
  const { outputFiles } = await build({
    entryPoints: [client + entry],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: 'es2022',
    mangleProps: INTERNAL_NAMES,
    legalComments: 'none',
  });
  return outputFiles[0].text;
}
