import type { DatabaseKind } from '../store/index.js';
import type { Command, CommandInput } from './command.js';
import { UsageError } from './errors.js';

const DATABASES: readonly DatabaseKind[] = ['sqlite', 'postgres', 'mysql'];

/** Prints the SQL of the module's tables. */
export const schemaCommand: Command = {
  usage: '<sqlite|postgres|mysql>',
  summary: 'Print the SQL of the module’s tables.',
  help: `Prints the statements that make the module's tables, for psql, sqlite3, mysql or a migration tool.
mysql is for MariaDB, too.

  --prefix TEXT   beginning of the names of the tables
  --schema NAME   schema of the tables, on PostgreSQL, or database on MySQL and MariaDB`,
  options: ['prefix', 'schema'],
  run: async ({ positionals, values, print }) => {
    const [name, ...others] = positionals;
    const database = DATABASES.find((each) => each === name);
    if (database === undefined || others.length > 0) {
      throw new UsageError(`Name one database: ${DATABASES.join(', ')}.`);
    }
    print((await textOf(database, values)).trimEnd());
    return 0;
  },
};

async function textOf(database: DatabaseKind, { prefix, schema }: CommandInput['values']): Promise<string> {
  const { ConfigurationError } = await import('../core/index.js');
  const { printSchema } = await import('../store/index.js');
  try {
    return printSchema(database, {
      ...(prefix !== undefined && { prefix }),
      ...(schema !== undefined && { schema }),
    });
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(error.faults.join(' '));
    throw error;
  }
}
