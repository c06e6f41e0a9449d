// `npm run build && node tools/two-builds.mjs`: loads both builds of the package in one process, as an application of ES modules does
// with a library in CommonJS. Each build's module works with the guard, the decorators and the error classes of the other.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Catch, Controller, Get, Module, UseFilters, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as esModules from '../dist/libs/meveto-logout/index.js';
import { memoryStore } from '../dist/libs/meveto-logout/testing/index.js';

const require = createRequire(import.meta.url);
const commonJs = require('../dist/libs/meveto-logout/cjs/index.js');

/** Applies decorators to a method. @param {Function[]} decorators */
const onMethod = (type, name, ...decorators) => {
  for (const decorate of decorators)
    decorate(type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name));
};

/** Names the class of a refusal, as an exception filter of the other build sees it. */
function filterOf({ LoggedOutException }) {
  class LoggedOutFilter {
    catch(exception, host) {
      const isKnown = exception instanceof LoggedOutException;
      host.switchToHttp().getResponse().status(401).json({ isKnown, reason: exception.reason });
    }
  }
  Catch(LoggedOutException)(LoggedOutFilter);
  return LoggedOutFilter;
}

/** A controller that uses only the other build. */
function controllerOf(other) {
  class PageController {
    page() {
      return 'page';
    }

    open() {
      return 'open';
    }
  }
  onMethod(PageController, 'page', Get('page'));
  onMethod(PageController, 'open', Get('open'), other.SkipMevetoLogout());
  Controller()(PageController);
  UseGuards(other.MevetoLogoutGuard)(PageController);
  UseFilters(filterOf(other))(PageController);
  return PageController;
}

/** Starts the module of one build with the parts of the other. */
async function start(own, other) {
  const lines = [];
  const note = (line) => void lines.push(String(line));
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a module is a class without members
  class AppModule {}
  Module({
    imports: [
      own.MevetoLogoutModule.forRoot({
        clientId: 'two-builds',
        clientSecret: 'two-builds-secret-0123456789',
        apiUrl: 'http://127.0.0.1:9',
        store: memoryStore({ users: [{ id: '1', mevetoId: 'm-1' }] }),
        session: own.requestUser(),
        globalGuard: false,
        livePush: false,
      }),
    ],
    controllers: [controllerOf(other)],
  })(AppModule);
  const app = await NestFactory.create(AppModule, {
    logger: { log: note, warn: note, error: note, fatal: note },
    abortOnError: false,
  });
  app.use((request, _response, next) => {
    const { 'x-user': userId, 'x-signed-in-at': signedInAt } = request.headers;
    if (userId !== undefined) request.user = { userId, signedInAt: Number(signedInAt) };
    next();
  });
  await app.listen(0, '127.0.0.1');
  return { app, lines, service: app.get(own.MevetoLogoutService), url: await app.getUrl() };
}

async function check(own, other) {
  const { app, lines, service, url } = await start(own, other);
  try {
    const signedInAt = String(Date.now());
    const get = (path) =>
      fetch(`${url}/${path}`, { headers: { 'x-user': '1', 'x-signed-in-at': signedInAt } });
    assert.equal((await get('page')).status, 200);
    assert.ok(!lines.some((line) => line.includes('MEVETO_GUARD_NOT_USED')), 'the guard is not recognised');
    await service.logOut('1');
    const refused = await get('page');
    assert.equal(refused.status, 401);
    assert.deepEqual(await refused.json(), { isKnown: true, reason: 'logged-out' });
    assert.equal((await get('open')).status, 200);
    const error = await service.logOut('2').catch((thrown) => thrown);
    assert.ok(error instanceof other.UnknownUserError && error instanceof other.MevetoLogoutError);
    assert.ok(!(error instanceof other.StoreUnavailableError));
  } finally {
    await app.close();
  }
}

assert.notEqual(esModules.MevetoLogoutModule, commonJs.MevetoLogoutModule);
await check(esModules, commonJs);
await check(commonJs, esModules);
console.log('Both builds work together.');
