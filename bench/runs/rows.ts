import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout/typeorm';
import { DataSource } from 'typeorm';
import { type Measure, ratioOf } from '../measure.js';
import { createDatabase, type RunDatabase } from './database.js';

const ROWS = { full: 100_000, quick: 20_000 };

/** Disk space of an applied job and of a logout on PostgreSQL, with their indexes, in bytes. */
export const rows: Measure = {
  names: ['row_bytes_job_postgres', 'row_bytes_logout_postgres'],
  run: async ({ isQuick }) => {
    const database = await createDatabase('postgres');
    try {
      const [job, logout] = await bytesOfRows(database, isQuick ? ROWS.quick : ROWS.full);
      return { row_bytes_job_postgres: ratioOf([job]), row_bytes_logout_postgres: ratioOf([logout]) };
    } finally {
      await database.drop();
    }
  },
};

async function bytesOfRows({ connection }: RunDatabase, count: number): Promise<[number, number]> {
  const dataSource = await new DataSource({
    ...connection,
    entities: [...mevetoLogoutEntities],
    migrations: [...mevetoLogoutMigrations],
    migrationsRun: true,
  }).initialize();
  const now = Date.now();
  // Digests have 43 characters, and ids of jobs and users are as long as a UUID.
  const digest = (prefix: string) => `rpad(md5('${prefix}' || n), 43, md5(n::text))`;
  await dataSource.query(
    `INSERT INTO meveto_logout_jobs (id, digest, kind, state, priority, sender, received_at, occurred_at, due_at, fence, attempts,
      unknown_attempts, client_errors, finished_at, subject_digest, user_id)
      SELECT rpad(md5(n::text), 36, '0'), ${digest('token')}, 'logout', 'applied', 1, rpad('', 43, 's'), $1::bigint + n, $1::bigint + n, $1::bigint + n, 1, 1,
      1, 0, $1::bigint + n, ${digest('subject')}, rpad(md5('user' || n), 36, '0') FROM generate_series(1, $2::int) n`,
    [now, count],
  );
  await dataSource.query(
    `INSERT INTO meveto_logout_logouts (user_id, logged_out_at, committed_at)
      SELECT rpad(md5('user' || n), 36, '0'), $1::bigint + n, $1::bigint + n FROM generate_series(1, $2::int) n`,
    [now, count],
  );
  const [size] = await dataSource.query<{ jobs: string; logouts: string }[]>(
    `SELECT pg_total_relation_size('meveto_logout_jobs') AS jobs, pg_total_relation_size('meveto_logout_logouts') AS logouts`,
  );
  await dataSource.destroy();
  return [Number(size?.jobs) / count, Number(size?.logouts) / count];
}
