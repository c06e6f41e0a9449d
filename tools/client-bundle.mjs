// How the browser's part becomes one file.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const client = fileURLToPath(new URL('../libs/meveto-logout/src/client/', import.meta.url));

/** Between the files of the client only; what an application sees keeps its name. */
const INTERNAL_NAMES = /^(checked|heard|hide|show|lift|ask)$/;

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
