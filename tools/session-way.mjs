// `npm run build:lib && node tools/session-way.mjs`: the files of the package that run for one session, from its cookie to the answer
// of the guard: of a request that passes, of a page and of a script that are refused, and of the browser's check. docs/architecture.md
// lists the files. The status is 1 if there are too many. Everything stays in memory and on this machine's loopback addresses.
import 'reflect-metadata';
import { once } from 'node:events';
import { get } from 'node:http';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import expressSessions from 'express-session';
import { expressSession, MevetoLogoutModule, MevetoLogoutService } from '../dist/compiled/index.js';
import { memoryStore } from '../dist/compiled/testing/index.js';
import { countCalls } from './called-files.mjs';

/** The most files of each way. */
const MOST = 12;
/** The other folders work for jobs and their store, at any time. */
const FOLDERS = ['guard/', 'sessions/', 'live/', 'logouts/', 'protocol/'];

class PageController {
  /** @param {{ session: object }} request */
  logIn(request) {
    Object.assign(request.session, { userId: 1, signedInAt: Date.now() });
  }

  page() {
    return 'the page';
  }
}
/** @param {string} name */
const methodOf = (name) =>
  /** @type {[object, string, PropertyDescriptor]} */ ([
    PageController.prototype,
    name,
    Object.getOwnPropertyDescriptor(PageController.prototype, name),
  ]);
Controller()(PageController);
Get('log-in')(...methodOf('logIn'));
Req()(PageController.prototype, 'logIn', 0);
Get('page')(...methodOf('page'));

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a module is a class without members
class AppModule {}
Module({
  imports: [
    MevetoLogoutModule.forRoot({
      clientId: 'way-client',
      clientSecret: 'way-client-secret-0123456789',
      apiUrl: 'http://127.0.0.1:9',
      store: memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }),
      session: expressSession(),
      whenLoggedOut: { clearCookies: ['connect.sid'] },
      livePush: false,
      // The polls of the logout state do not belong to the way of a session.
      logouts: { pollIntervalMs: 60_000 },
    }),
  ],
  controllers: [PageController],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.use(expressSessions({ secret: 'way', resave: false, saveUninitialized: false }));
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const calledFiles = await countCalls();

const logIn = async () => {
  const { headers } = await fetch(`${url}/log-in`);
  return headers.getSetCookie()[0]?.split(';')[0] ?? '';
};
/**
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {number} expected
 */
async function filesOf(path, headers, expected) {
  await calledFiles();
  // Not by fetch, which says that a script sends the request.
  const [response] = await once(get(url + path, { headers }), 'response');
  if (response.statusCode !== expected) throw new Error(`${path}: ${response.statusCode}`);
  response.resume();
  await once(response, 'end');
  return (await calledFiles()).filter((file) => FOLDERS.some((folder) => file.startsWith(folder)));
}

try {
  const [page, script] = [await logIn(), await logIn()];
  const live = await filesOf('/page', { cookie: page }, 200);
  await app.get(MevetoLogoutService).logOut(1);
  const refused = [
    ...(await filesOf('/page', { cookie: script }, 401)),
    ...(await filesOf('/page', { cookie: page, accept: 'text/html' }, 303)),
  ];
  const check = await filesOf('/meveto/session', { cookie: script }, 401);
  const ways = {
    'A request that passes': live,
    'A request that passes, or is refused': [...live, ...refused],
    'The check of a browser': check,
  };
  for (const [name, files] of Object.entries(ways)) {
    const called = [...new Set(files)].sort();
    console.log([`${name}: ${called.length}`, ...called, ''].join('\n'));
    if (called.length <= MOST) continue;
    console.log(`At most ${MOST}.`);
    process.exitCode = 1;
  }
} finally {
  await app.close();
}
process.exit();
