import type { DataSource } from 'typeorm';
import { User } from './user.entity.js';

const PEOPLE = ['alice', 'bob', 'carol'] as const;
/** Rows per statement. Four columns each: far below SQLite's limit of 32,766 parameters. */
const CHUNK = 500;

/** The accounts of an empty database, for hints on the login page. */
export const SEEDED_EMAILS: readonly string[] = PEOPLE.map((name) => `${name}@example.com`);

/**
 * Creates the demo's users in an empty database, and the missing numbered users. Each chunk is one statement that keeps
 * existing rows, so that the next start completes an interrupted one.
 */
export async function seedUsers(dataSource: DataSource, extraCount: number): Promise<void> {
  const users = dataSource.getRepository(User);
  if (!(await users.exists())) await insertMissing(dataSource, [...PEOPLE]);
  if (extraCount === 0 || (await users.existsBy({ email: `user${String(extraCount)}@example.com` }))) return;
  for (let first = 1; first <= extraCount; first += CHUNK) {
    const count = Math.min(CHUNK, extraCount - first + 1);
    await insertMissing(
      dataSource,
      Array.from({ length: count }, (_, offset) => `user${String(first + offset)}`),
    );
  }
}

async function insertMissing(dataSource: DataSource, names: readonly string[]): Promise<void> {
  const rows = names.map((name) => ({
    email: `${name}@example.com`,
    name: name.charAt(0).toUpperCase() + name.slice(1),
    passwordHash: null, // hashed at the first login
    mevetoId: `meveto-${name}`,
  }));
  await dataSource
    .createQueryBuilder()
    .insert()
    .into(User)
    .values(rows)
    .orIgnore()
    .updateEntity(false)
    .execute();
}
