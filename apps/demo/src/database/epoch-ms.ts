import type { ValueTransformer } from 'typeorm';

/**
 * An instant as epoch milliseconds in a bigint column: exact, and the same on every database. PostgreSQL and MySQL
 * return bigints as strings, hence the conversion.
 */
export const epochMs: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value === null || value === undefined ? null : Number(value)),
};
