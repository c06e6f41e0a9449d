// The compiler keeps the folders of the monorepo below dist/apps/demo. This script adds the demo's entry at the usual
// place.
import { writeFileSync } from 'node:fs';

writeFileSync(new URL('../dist/apps/demo/main.js', import.meta.url), "import './apps/demo/src/main.js';\n");
