// The application of `npm run sockets`: the built library in memory, on Express and Socket.IO, as a process of its own. It
// says its URL over IPC, answers every message with its memory, and takes `{ first, count }` for logouts of that many users
// that another replica has committed: the next look at the store brings them all at once.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  bearerToken,
  memoryStore,
  MevetoLogoutModule,
  SkipMevetoLogout,
} from '../dist/libs/meveto-logout/index.js';

/** @type {{ userId: string, loggedOutAt: number }[]} */
let elsewhere = [];
const inMemory = memoryStore({ users: { findByMevetoId: (mevetoId) => mevetoId.replace('meveto-', '') } });
/** @type {import('../dist/libs/meveto-logout/index.js').StoreDefinition} */
const shared = {
  create(context) {
    const store = inMemory.create(context);
    const own = store.register.committedSince.bind(store.register);
    store.register.committedSince = async (asOf) => {
      const since = await own(asOf);
      const logouts = [...since.logouts, ...elsewhere];
      elsewhere = [];
      return { ...since, logouts };
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

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a module is a class, and needs nothing else
class AppModule {}
Module({
  imports: [
    MevetoLogoutModule.forRoot({
      clientId: 'sockets-client',
      clientSecret: 'sockets-client-secret-0123456789',
      apiUrl: String(process.env['MEVETO_API_URL']),
      store: shared,
      session: bearerToken({
        verify: (token) => {
          const [userId = '', signedInAt] = token.split('.');
          return { userId, signedInAt: Number(signedInAt) };
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
