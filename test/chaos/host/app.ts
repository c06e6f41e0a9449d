import { Controller, Get, Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Database } from 'better-sqlite3';
import {
  AnswerLoggedOut,
  mevetoLogoutEntities,
  mevetoLogoutMigrations,
  MevetoLogoutModule,
  MevetoLogoutService,
  SessionReader,
  type SessionRequest,
  typeOrmStore,
} from 'nestjs-meveto-logout';
import pg from 'pg';
import { Column, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { HttpTokenExchange } from '../../../libs/meveto-logout/src/exchange/http-token-exchange.js';
import { TokenExchange } from '../../../libs/meveto-logout/src/exchange/token-exchange.port.js';
import { MevetoHttp } from '../../../libs/meveto-logout/src/meveto-api/meveto-http.js';
import { HttpPendingCalls } from '../../../libs/meveto-logout/src/reconcile/http-pending-calls.js';
import { PendingCalls } from '../../../libs/meveto-logout/src/reconcile/pending-calls.port.js';
import { RESOLVED_OPTIONS } from '../../../libs/meveto-logout/src/tokens.js';
import { Gate } from './gate.js';
import { gatedPostgres, gatedSqlite } from './gated-driver.js';
import { gated, gatedStore } from './gated-ports.js';
import { CLIENT_ID, CLIENT_SECRET, type HostSettings } from './settings.js';

const instant = { type: 'bigint', nullable: true } as const;

/** The supervisor makes this table and its rows. */
@Entity('users')
class User {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', name: 'meveto_id', nullable: true, unique: true })
  mevetoId!: string | null;

  @Column({ ...instant, name: 'last_logged_in' })
  lastLoggedIn!: string | null;

  @Column({ ...instant, name: 'last_logged_out' })
  lastLoggedOut!: string | null;
}

/** The session is what the header says: `<user id>.<signed in at>`. */
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

/** A small application with the module, its ports and its database driver behind the gate. */
export async function startHost(settings: HostSettings): Promise<NestExpressApplication> {
  const gate = new Gate(settings.hold);
  const store = typeOrmStore({
    user: {
      entity: User,
      id: 'id',
      mevetoId: 'mevetoId',
      lastLoggedIn: 'lastLoggedIn',
      lastLoggedOut: 'lastLoggedOut',
    },
  });

  @Module({
    imports: [
      TypeOrmModule.forRoot({
        ...connectionTo(settings, gate),
        entities: [User, ...mevetoLogoutEntities],
        migrations: [...mevetoLogoutMigrations],
        migrationsRun: true,
        retryAttempts: settings.connectAttempts ?? 0,
      }),
      MevetoLogoutModule.forRoot({
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        apiUrl: settings.mevetoUrl,
        store: settings.hold === undefined ? store : gatedStore(store, gate),
        session: new HeaderSession(),
        leaseMs: 1_000,
        ...settings.options,
      }),
    ],
    controllers: [ApiController],
  })
  class HostModule {}

  const testing = Test.createTestingModule({ imports: [HostModule] });
  if (settings.hold !== undefined) {
    const inject = [MevetoHttp, RESOLVED_OPTIONS];
    testing.overrideProvider(TokenExchange).useFactory({
      inject,
      factory: (...parts: ConstructorParameters<typeof HttpTokenExchange>) =>
        gated(new HttpTokenExchange(...parts), gate),
    });
    testing.overrideProvider(PendingCalls).useFactory({
      inject,
      factory: (...parts: ConstructorParameters<typeof HttpPendingCalls>) =>
        gated(new HttpPendingCalls(...parts), gate),
    });
  }
  const compiled = await testing.compile();
  const app = compiled.createNestApplication<NestExpressApplication>({ forceCloseConnections: true });
  app.enableShutdownHooks();
  app.get(MevetoLogoutService).logouts$.subscribe(() => {
    gate.passNow('told:after');
  });
  await app.listen(0, '127.0.0.1');
  return app;
}

function connectionTo({ database, hold, poolSize = 6 }: HostSettings, gate: Gate): DataSourceOptions {
  if (database.startsWith('postgres:')) {
    return {
      type: 'postgres',
      url: database,
      extra: { max: poolSize, connectionTimeoutMillis: 2_000, query_timeout: 5_000 },
      driver: hold === undefined ? pg : gatedPostgres(gate),
    };
  }
  return {
    type: 'better-sqlite3',
    database,
    prepareDatabase: (opened: Database) => {
      opened.pragma('journal_mode = WAL');
      opened.pragma('synchronous = FULL');
    },
    ...(hold && { driver: gatedSqlite(gate) }),
  };
}
