// Builds the files that the module serves, beside the compiled client: `npm run build:client`.
import { writeFileSync } from 'node:fs';
import { bundleClient } from './client-bundle.mjs';

const client = new URL('../dist/libs/meveto-logout/client/', import.meta.url);
writeFileSync(new URL('meveto-logout.min.js', client), await bundleClient('script.ts', 'iife'));
writeFileSync(new URL('meveto-logout.min.mjs', client), await bundleClient('index.ts', 'esm'));
