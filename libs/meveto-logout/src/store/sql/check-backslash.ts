import { ConfigurationError } from '../../core/index.js';
import { rowsOf, type SqlEngine } from './sql.js';

/**
 * Checks that a backslash stays as it is. Drivers such as mysql2 write parameters into the text of a statement. They escape quotes by
 * backslashes, which end the text early if the server takes a backslash for an ordinary character.
 * @throws {ConfigurationError} when the backslash comes back as another text
 */
export async function checkBackslash(engine: SqlEngine): Promise<void> {
  const [row] = await engine.read(
    'read a backslash',
    () => rowsOf('SELECT ? AS some_text', [BACKSLASH]),
    true,
  );
  if (row?.['some_text'] === BACKSLASH) return;
  throw new ConfigurationError([
    `store: the executor returned ${JSON.stringify(row?.['some_text'])} for a text of one backslash. The driver escapes texts in a way ` +
      'that the server does not follow, so a text with a quote could change a statement. Remove NO_BACKSLASH_ESCAPES from the sql_mode ' +
      'of the connections, or use an executor with prepared statements.',
  ]);
}

const BACKSLASH = '\\';
