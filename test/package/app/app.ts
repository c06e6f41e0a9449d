import { MevetoLogoutModule } from 'nestjs-meveto-logout';
import { createHttpApp, sessionReader } from './http.js';
import type { RunningApp, StartApp } from './journey.js';
import { PagesController } from './pages.controller.js';
import { openStore } from './store.js';

/** With LIVE_PUSH=false the application has no Socket.IO. */
const live = process.env['LIVE_PUSH'] === 'false' ? { livePush: false as const } : {};

class AppModule {}

export const startApp: StartApp = async ({ apiUrl, mevetoId }): Promise<RunningApp> => {
  const { imports, store, addUser } = await openStore();
  const app = await createHttpApp({
    module: AppModule,
    imports: [
      ...imports,
      MevetoLogoutModule.forRoot({
        clientId: 'package-check',
        clientSecret: 'a-secret-of-the-package-check',
        apiUrl,
        store,
        session: sessionReader,
        ...live,
      }),
    ],
    controllers: [PagesController],
  });
  await app.listen(0, '127.0.0.1');
  await addUser(app, mevetoId);
  return { url: await app.getUrl(), close: () => app.close() };
};
