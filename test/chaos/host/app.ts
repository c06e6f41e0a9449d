import { Controller, Get, Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  AnswerLoggedOut,
  MevetoLogoutModule,
  MevetoLogoutService,
  SessionReader,
  type SessionRequest,
} from 'nestjs-meveto-logout';
import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout/typeorm';
import { TokenExchangeService } from '../../../libs/meveto-logout/src/meveto/token-exchange.service.js';
import { TokenExchange } from '../../../libs/meveto-logout/src/inbox/token-exchange.port.js';
import { MevetoHttp, type MevetoRequest } from '../../../libs/meveto-logout/src/meveto/meveto-http.js';
import { HttpPendingWebhooks } from '../../../libs/meveto-logout/src/meveto/http-pending-webhooks.js';
import { PendingWebhooks } from '../../../libs/meveto-logout/src/meveto/pending-webhooks.port.js';
import { MEVETO_OPTIONS } from '../../../libs/meveto-logout/src/meveto/resolve-meveto.js';
import { Failpoint } from './failpoint.js';
import { typeOrmConnection } from './connections.js';
import { hostStore } from './host-store.js';
import { withFailpoint, storeWithFailpoint } from './ports-with-failpoint.js';
import { ASKED_AT_HEADER, CLIENT_ID, CLIENT_SECRET, type HostSettings } from './settings.js';
import { User } from './user.js';

/** The header contains the session: `<user id>.<signed in at>`. */
class HeaderSession extends SessionReader {
  override read({ headers }: SessionRequest) {
    const [userId, signedInAt] = String(headers['x-session'] ?? '').split('.');
    return userId === undefined || signedInAt === undefined
      ? undefined
      : { userId, signedInAt: Number(signedInAt) };
  }
}

@Controller()
class ApiController {
  @Get('api')
  @AnswerLoggedOut('json')
  api() {
    return { ok: true };
  }
}

/** Tells the model of Meveto when the time of a request began: on a busy machine Meveto sees the request much later. */
class DatedMevetoHttp extends MevetoHttp {
  override get(request: MevetoRequest) {
    const headers = { ...request.headers, [ASKED_AT_HEADER]: String(Date.now()) };
    return super.get({ ...request, headers });
  }
}

/** A small application with the module; the failpoint controls its ports and its database driver. */
export async function startHost(settings: HostSettings): Promise<NestExpressApplication> {
  const failpoint = new Failpoint(settings.halt);
  const store = await hostStore(settings, failpoint);

  @Module({
    imports: [
      TypeOrmModule.forRoot({
        ...typeOrmConnection(settings, failpoint),
        entities: [User, ...mevetoLogoutEntities],
        migrations: [...mevetoLogoutMigrations],
        migrationsRun: true,
        retryAttempts: settings.connectAttempts ?? 0,
      }),
      MevetoLogoutModule.forRoot({
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        apiUrl: settings.mevetoUrl,
        store: settings.halt === undefined ? store : storeWithFailpoint(store, failpoint),
        session: new HeaderSession(),
        ...settings.options,
        inbox: { leaseMs: 1_000, ...settings.options?.inbox },
      }),
    ],
    controllers: [ApiController],
  })
  class HostModule {}

  const testing = Test.createTestingModule({ imports: [HostModule] });
  testing.overrideProvider(MevetoHttp).useClass(DatedMevetoHttp);
  if (settings.halt !== undefined) {
    const inject = [MevetoHttp, MEVETO_OPTIONS];
    testing.overrideProvider(TokenExchange).useFactory({
      inject,
      factory: (...parts: ConstructorParameters<typeof TokenExchangeService>) =>
        withFailpoint(new TokenExchangeService(...parts), failpoint),
    });
    testing.overrideProvider(PendingWebhooks).useFactory({
      inject,
      factory: (...parts: ConstructorParameters<typeof HttpPendingWebhooks>) =>
        withFailpoint(new HttpPendingWebhooks(...parts), failpoint),
    });
  }
  const compiled = await testing.compile();
  const app = compiled.createNestApplication<NestExpressApplication>({ forceCloseConnections: true });
  app.enableShutdownHooks();
  app.get(MevetoLogoutService).logouts$.subscribe(() => {
    failpoint.passNow('announced:after');
  });
  await app.listen(0, settings.address);
  return app;
}
