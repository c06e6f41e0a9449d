import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout/typeorm';
import { DataSource } from 'typeorm';
import { type Measure, ratioOf } from '../measure.js';
import { startChild } from './child.js';
import { createDatabase } from './database.js';
import type { FromMemoryApp, ToMemoryApp } from './memory-app.js';

const FULL = { rows: 200_000, rounds: 3 };
const QUICK = { rows: 20_000, rounds: 1 };
const BATCH = 1_000;

type Filling = 'nothing' | 'logouts' | 'jobs';

/** The heap of an application that finds remembered logouts or waiting jobs at its start, per row, without that of an empty one. */
export const memory: Measure = {
  names: ['heap_bytes_per_logout', 'heap_bytes_per_waiting_job'],
  run: async ({ isQuick, progress }) => {
    const { rows, rounds } = isQuick ? QUICK : FULL;
    const perLogout: number[] = [];
    const perJob: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      const empty = await heapWith('nothing', 0);
      perLogout.push(((await heapWith('logouts', rows)) - empty) / rows);
      perJob.push(((await heapWith('jobs', rows)) - empty) / rows);
    }
    return { heap_bytes_per_logout: ratioOf(perLogout), heap_bytes_per_waiting_job: ratioOf(perJob) };
  },
};

async function heapWith(filling: Filling, count: number): Promise<number> {
  const database = await createDatabase('sqlite');
  try {
    const dataSource = await new DataSource({
      ...database.connection,
      entities: [...mevetoLogoutEntities],
      migrations: [...mevetoLogoutMigrations],
      migrationsRun: true,
    }).initialize();
    if (filling !== 'nothing') await fill(dataSource, filling, count);
    await dataSource.destroy();
    const app = await startChild<ToMemoryApp, FromMemoryApp>('memory-app', { DATABASE: database.place });
    const { heapUsed } = await app.ask({ ask: 'heap' });
    await app.stop();
    return heapUsed;
  } finally {
    await database.drop();
  }
}

async function fill(
  dataSource: DataSource,
  filling: Exclude<Filling, 'nothing'>,
  count: number,
): Promise<void> {
  const now = String(Date.now());
  const rowOf = {
    logouts: (n: number) => `('${String(100_000 + n)}', ${now}, ${now})`,
    jobs: (n: number) => {
      const id = `job-${String(n)}`.padEnd(43, 'x');
      const sealed = 'x'.repeat(100);
      return `('${id}', '${id}', 'logout', 'pending', '${sealed}', 2, ${now}, ${now}, ${now}, 0, 0, 0, 0)`;
    },
  }[filling];
  const into = {
    logouts: 'meveto_logout_logouts (user_id, logged_out_at, committed_at)',
    jobs: 'meveto_logout_jobs (id, digest, kind, state, sealed, priority, received_at, occurred_at, due_at, fence, attempts, unknown_attempts, client_errors)',
  }[filling];
  for (let first = 0; first < count; first += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => rowOf(first + index));
    await dataSource.query(`INSERT INTO ${into} VALUES ${rows.join(', ')}`);
  }
}
