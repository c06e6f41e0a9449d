// `npm run build:lib && node tools/token-way.mjs`: the files of the package that run for one token, until the 202 and until its
// row is erased, as V8 counts the calls of their functions. The status is 1 if there are too many. docs/architecture.md lists the files. The run takes half a minute, the
// interval of the clean-up. Everything stays on this machine's loopback addresses and in a temporary folder.
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, EntitySchema } from 'typeorm';
import { MevetoLogoutModule, requestUser } from '../dist/compiled/index.js';
import {
  mevetoLogoutEntities,
  mevetoLogoutMigrations,
  typeOrmStore,
} from '../dist/compiled/store/typeorm/index.js';
import { countCalls } from './called-files.mjs';
import { startMeveto } from './flood-meveto.mjs';

/** The most files until the 202, and until the row is erased. */
const MOST = { untilAccepted: 20, together: 35 };
const TOKEN = 'token-of-the-way';
const SECRET_PATH = 'secret-path-of-the-webhook-000000';
/** Files that the worker runs at every search for due jobs, even without a due job. They do not belong to the way to the 202. */
const LOOK = [
  'inbox/logout-worker.js',
  'inbox/housekeeping.js',
  'inbox/exchange-limiter.js',
  'store/isolation.js',
  'store/sql/claim-jobs.js',
];
/** Tables of events, and listeners of events. */
const isOfEvents = (/** @type {string} */ file) =>
  file.startsWith('observe/') || /(\/|-outcome-)events\.js$/.test(file);
/** Files that listen to the outcome. They do not handle the token. */
const isListener = (/** @type {string} */ file) =>
  file.startsWith('live/') ||
  ['inbox/acknowledgement.js', 'meveto/meveto-reconciler.js', 'logouts/logout-broadcaster.js'].includes(file);

const User = new EntitySchema({
  name: 'users',
  columns: {
    id: { type: 'int', primary: true },
    mevetoId: { type: 'varchar', nullable: true, unique: true },
    lastLoggedIn: { type: 'bigint', nullable: true },
    lastLoggedOut: { type: 'bigint', nullable: true },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'token-way-'));
const meveto = await startMeveto();
meveto.issue(TOKEN, 'm-1');
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a module is a class without members
class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: join(folder, 'way.sqlite'),
      entities: [User, ...mevetoLogoutEntities],
      migrations: [...mevetoLogoutMigrations],
      migrationsRun: true,
    }),
    MevetoLogoutModule.forRoot({
      clientId: 'way-client',
      clientSecret: 'way-client-secret-0123456789',
      apiUrl: meveto.url,
      store: typeOrmStore({
        user: {
          entity: User,
          id: 'id',
          mevetoId: 'mevetoId',
          lastLoggedIn: 'lastLoggedIn',
          lastLoggedOut: 'lastLoggedOut',
        },
      }),
      session: requestUser(),
      webhook: { secretPath: SECRET_PATH },
      livePush: false,
      // The polls of the logout state do not belong to the way of a token.
      logouts: { pollIntervalMs: 60_000 },
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
const database = app.get(DataSource);
await database.query(
  'CREATE TABLE users (id int PRIMARY KEY, mevetoId varchar UNIQUE, lastLoggedIn bigint, lastLoggedOut bigint)',
);
await database.query("INSERT INTO users (id, mevetoId) VALUES (1, 'm-1')");
await app.listen(0, '127.0.0.1');
const calledFiles = await countCalls();

/** @param {(rows: { state: string }[]) => boolean} isDone */
async function untilJobs(isDone) {
  while (!isDone(await database.query('SELECT state FROM meveto_logout_jobs'))) await delay(20);
}

try {
  await delay(2_000);
  await calledFiles();
  const atAnswer = new Promise((resolve) => {
    app.getHttpServer().once('request', (_request, response) => {
      // Read the counts at once: the worker may claim the job before the client has the answer.
      response.once('finish', () => resolve(calledFiles()));
    });
  });
  const { status } = await fetch(`${await app.getUrl()}/meveto/webhook/${SECRET_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'User_Logged_Out', user_token: TOKEN }),
  });
  const untilAccepted = (await atAnswer).filter(
    (/** @type {string} */ file) => !LOOK.includes(file) && !isOfEvents(file),
  );
  await untilJobs(([job]) => job?.state !== 'pending');
  await database.query('UPDATE meveto_logout_jobs SET finished_at = 1');
  await untilJobs((jobs) => jobs.length === 0);
  const later = (await calledFiles()).filter(
    (file) => !isListener(file) && !isOfEvents(file) && !untilAccepted.includes(file),
  );
  console.log([`Until the ${status}: ${untilAccepted.length}`, ...untilAccepted.sort()].join('\n'));
  console.log([`\nUntil the row is erased: ${later.length} more`, ...later.sort()].join('\n'));
  const together = untilAccepted.length + later.length;
  console.log(`\nTogether: ${together}`);
  if (untilAccepted.length > MOST.untilAccepted || together > MOST.together) {
    console.log(`At most ${MOST.untilAccepted} until the 202, and ${MOST.together} together.`);
    process.exitCode = 1;
  }
} finally {
  await app.close();
  meveto.stop();
  rmSync(folder, { recursive: true });
}
process.exit();
