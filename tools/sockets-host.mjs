// The application of `npm run sockets`: the built library in memory, on Express and Socket.IO, as a separate process.
// Sends its URL over IPC, answers every message with its memory use, and takes `{ first, count }` for logouts of this
// many users by another replica: the next poll of the store finds all of them at once.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { bearerToken, MevetoLogoutModule, SkipMevetoLogout } from '../dist/compiled/index.js';
import { memoryStore } from '../dist/compiled/testing/index.js';

/** @type {{ userId: string, loggedOutAt: number }[]} */
let elsewhere = [];
const MOST_USERS = 20_000;
const inMemory = memoryStore({
  users: Array.from({ length: MOST_USERS }, (_, index) => ({
    id: `user${String(index)}`,
    mevetoId: `meveto-user${String(index)}`,
  })),
});
/** @type {import('../dist/compiled/index.js').StoreDefinition} */
const shared = {
  create(context) {
    const store = inMemory.create(context);
    const connect = store.connect.bind(store);
    store.connect = async () => {
      await connect();
      const { logoutStore } = store;
      const own = logoutStore.committedSince.bind(logoutStore);
      logoutStore.committedSince = async (asOf) => {
        const since = await own(asOf);
        const logouts = [...since.logouts, ...elsewhere];
        elsewhere = [];
        return { ...since, logouts };
      };
    };
    return store;
  },
};

class LoginController {
  login() {
    return 'log in';
  }
}
Reflect.decorate(
  [Get('login'), SkipMevetoLogout()],
  LoginController.prototype,
  'login',
  Object.getOwnPropertyDescriptor(LoginController.prototype, 'login'),
);
Controller()(LoginController);

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a module is a class without members
class AppModule {}
Module({
  imports: [
    MevetoLogoutModule.forRoot({
      clientId: 'sockets-client',
      clientSecret: 'sockets-client-secret-0123456789',
      apiUrl: String(process.env['MEVETO_API_URL']),
      store: shared,
      session: bearerToken({
        // The prefix makes a part of a token no token of another user.
        verify: (token) => {
          const [, userId, signedInAt] = /^session-(user\d+)\.(\d+)$/.exec(token) ?? [];
          return userId === undefined ? undefined : { userId, signedInAt: Number(signedInAt) };
        },
      }),
    }),
  ],
  controllers: [LoginController],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'], forceCloseConnections: true });
await app.listen(0, '127.0.0.1');
process.on('message', ({ first, count }) => {
  const loggedOutAt = Date.now();
  elsewhere = Array.from({ length: count ?? 0 }, (_, index) => ({
    userId: `user${String(first + index)}`,
    loggedOutAt,
  }));
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ rss, heapUsed, cpuMs: (user + system) / 1_000 });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: await app.getUrl() });
