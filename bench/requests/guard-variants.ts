import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { expressSession, fastifySession, type MevetoLogoutStaticOptions } from 'nestjs-meveto-logout';
import { createDatabase } from '../runs/database.js';
import { type Adapter, addSessions, createApplication, expressSessions, listen } from './application.js';
import { startFakeMeveto } from './fake-meveto.js';
import { hostDatabase, mevetoLogout, type Rows } from './host-database.js';
import { FindOneGuard, logIn, PageController } from './pages.js';
import type { Variant } from './turns.js';

/** So many users send the requests in turn. */
const SESSIONS = 500;
const USUAL_ROWS: Rows = { users: 10_000, loggedOut: 1_000 };

type Close = () => Promise<void>;

/** The page in an application without this package. */
export const withoutModule = (adapter: Adapter): Promise<Variant> =>
  pageVariant('without module', adapter, { controllers: [PageController] });

/** The page behind a guard that reads the user with one `findOne` of TypeORM on SQLite, without this package. */
export async function findOne(adapter: Adapter): Promise<Variant> {
  const database = await createDatabase('sqlite');
  const metadata = {
    imports: [hostDatabase(database, USUAL_ROWS)],
    controllers: [PageController],
    providers: [{ provide: APP_GUARD, useClass: FindOneGuard }],
  };
  return pageVariant('findOne', adapter, metadata, () => database.drop());
}

/** The page in an application with this package, on a route without its guard. */
export const unguarded = async (adapter: Adapter): Promise<Variant> =>
  listening('unguarded', USUAL_ROWS, await withModule(adapter, USUAL_ROWS, { globalGuard: false }));

/** The page behind this package's guard. */
export const guarded = async (adapter: Adapter): Promise<Variant> =>
  (await guardedApplication(adapter, USUAL_ROWS, 'guarded')).variant;

/** The page behind this package's guard, and its application. */
export async function guardedApplication(
  adapter: Adapter,
  rows: Rows,
  name: string,
): Promise<{ readonly app: INestApplication; readonly variant: Variant }> {
  const application = await withModule(adapter, rows);
  return { app: application.app, variant: await listening(name, rows, application) };
}

interface Application {
  readonly app: INestApplication;
  readonly close: Close;
}

/** An application with this package, which does not listen yet. */
async function withModule(
  adapter: Adapter,
  rows: Rows,
  staticOptions: MevetoLogoutStaticOptions = {},
): Promise<Application> {
  const database = await createDatabase('sqlite');
  const meveto = await startFakeMeveto();
  const session =
    adapter === 'fastify' ? fastifySession() : expressSession({ middleware: expressSessions() });
  const app = await createApplication(adapter, {
    imports: [hostDatabase(database, rows), mevetoLogout(meveto.url, { session }, staticOptions)],
    controllers: [PageController],
  });
  addSessions(adapter, app);
  const close = async (): Promise<void> => {
    await app.close();
    meveto.stop();
    await database.drop();
  };
  return { app, close };
}

async function pageVariant(
  name: string,
  adapter: Adapter,
  metadata: ModuleMetadata,
  after?: Close,
): Promise<Variant> {
  const app = await createApplication(adapter, metadata);
  addSessions(adapter, app);
  const close = async (): Promise<void> => {
    await app.close();
    await after?.();
  };
  return listening(name, USUAL_ROWS, { app, close });
}

/** Listens, and logs users in, half of whom were logged out before. */
async function listening(name: string, { users }: Rows, { app, close }: Application): Promise<Variant> {
  const port = await listen(app);
  const step = Math.floor(users / SESSIONS);
  const userIds = Array.from({ length: SESSIONS }, (_, index) => index * step + (index % 2 === 0 ? step : 1));
  const cookies = await logIn(port, userIds);
  return { name, target: { port, method: 'GET', path: '/page', cookies, expectedStatus: 200 }, close };
}
