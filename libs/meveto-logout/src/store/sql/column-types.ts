/** Names of numeric types. */
export const NUMERIC = /int|numeric|decimal|number|float|double|real/i;

/** The types whose values the database pads with spaces, as PostgreSQL and MySQL name them. */
export const PADDED: ReadonlySet<string> = new Set(['bpchar', 'char']);
