import type { SqlValue } from './sql.js';

/** A row of the application's user table. */
export interface FoundUser {
  readonly userId: string;
  /** The id, and the other forms in which the application may see the id. */
  readonly idForms: readonly [string, ...string[]];
  readonly rowId: SqlValue;
  readonly lastLoggedOut: number | undefined;
}
