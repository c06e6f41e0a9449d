import { ConfigurationError } from '../../core/index.js';
import { type Dialect, run, rowsOf, type Script } from './sql.js';

/** The only stored key. It derives the names of users outside the server. */
const NAMING = 'naming';
const KEY_BYTES = 32;
const MATERIAL = /^[\w-]{43}$/;

/**
 * The stored key; undefined if there is none.
 * @throws {ConfigurationError} when the stored value is not a key
 */
export function* keptKey(table: string): Script<Uint8Array | undefined> {
  const [row] = yield* rowsOf(`SELECT material FROM ${table} WHERE name = '${NAMING}'`);
  if (row === undefined) return undefined;
  const material = String(row['material']);
  if (MATERIAL.test(material)) return Buffer.from(material, 'base64url');
  throw new ConfigurationError([
    `store: the row '${NAMING}' of ${table} holds no key of ${String(KEY_BYTES)} bytes. Delete the row: the next start makes a new key, ` +
      'and open pages reload once.',
  ]);
}

/** Stores a key, unless another process has stored one meanwhile. Returns the stored key. */
export function* keepKey({ insertNew }: Dialect, table: string, fresh: Uint8Array): Script<Uint8Array> {
  const material = Buffer.from(fresh).toString('base64url');
  yield* run(insertNew(table, ['name', 'material'], 1), [NAMING, material]);
  return (yield* keptKey(table)) ?? fresh;
}
