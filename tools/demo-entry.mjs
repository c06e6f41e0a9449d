// The compiler keeps the folders of the monorepo below dist/apps/demo; this leaves the demo's entry where one looks for it.
import { writeFileSync } from 'node:fs';

writeFileSync(new URL('../dist/apps/demo/main.js', import.meta.url), "import './apps/demo/src/main.js';\n");
