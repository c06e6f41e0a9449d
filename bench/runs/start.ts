import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout/typeorm';
import { type Measure, ratioOf } from '../measure.js';
import { detail } from './child.js';
import { createDatabase, type RunDatabase } from './database.js';
import { User } from '../user.js';

const ROUNDS = { full: 11, quick: 2 };
const NAME = 'start_overhead_ms';

/**
 * From the start of a process until its application listens: with the module, minus without it. An application on Express with
 * TypeORM on SQLite; the tables exist already. New processes, in turns.
 */
export const start: Measure = {
  names: [NAME],
  run: async ({ isQuick, hasTime, progress }) => {
    const rounds = isQuick ? ROUNDS.quick : ROUNDS.full;
    const database = await createDatabase('sqlite');
    try {
      await createTables(database);
      const differences: number[] = [];
      // The first start of each reads the files from the disk.
      for (const withModule of [true, false]) await startMs(database, withModule);
      for (let round = 0; round < rounds && (round === 0 || hasTime()); round += 1) {
        progress(round, rounds);
        const times = { with: 0, without: 0 };
        for (const withModule of round % 2 === 0 ? [true, false] : [false, true])
          times[withModule ? 'with' : 'without'] = await startMs(database, withModule);
        differences.push(times.with - times.without);
        detail(`start: ${JSON.stringify(times)}`);
      }
      return { [NAME]: ratioOf(differences) };
    } finally {
      await database.drop();
    }
  },
};

async function createTables({ connection }: RunDatabase): Promise<void> {
  const dataSource = await new DataSource({
    ...connection,
    entities: [User, ...mevetoLogoutEntities],
    migrations: [...mevetoLogoutMigrations],
    migrationsRun: true,
  }).initialize();
  await dataSource.query(
    'CREATE TABLE users (id integer PRIMARY KEY, meveto_id varchar UNIQUE, last_logged_in bigint, last_logged_out bigint)',
  );
  await dataSource.destroy();
}

async function startMs({ place }: RunDatabase, withModule: boolean): Promise<number> {
  const child = fork(fileURLToPath(new URL('start-app.js', import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production', DATABASE: place, WITH_MODULE: withModule ? '1' : '0' },
    execArgv: [],
  });
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([once(child, 'message'), exited])) as [
    { startedMs?: number } | number | null,
  ];
  await exited;
  if (typeof message !== 'object' || message?.startedMs === undefined)
    throw new Error('The application did not start.');
  return message.startedMs;
}
