// Prints the statements that make the module's tables, for a migration tool: `npm run -s schema -- postgres`, or sqlite or mysql
// (MariaDB, too). Options: --prefix=app_ --schema=auth. Needs `npm run build:lib`.
import { parseArgs } from 'node:util';
import { printSchema } from '../dist/libs/meveto-logout/index.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { prefix: { type: 'string' }, schema: { type: 'string' } },
});
const [database = ''] = positionals;
if (positionals.length !== 1 || !['sqlite', 'postgres', 'mysql'].includes(database))
  throw new Error('Name one of: sqlite, postgres, mysql.');
process.stdout.write(printSchema(database, values));
