import { randomUUID } from 'node:crypto';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  type ModuleMetadata,
  Post,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import {
  AnswerLoggedOut,
  bearerToken,
  type MevetoLogoutStaticOptions,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  MevetoLogoutService,
  SkipMevetoLogout,
} from 'nestjs-meveto-logout';
import {
  mevetoLogoutEntities,
  mevetoLogoutMigrations,
  typeOrmStore,
  type TypeOrmStoreOptions,
} from 'nestjs-meveto-logout/typeorm';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import {
  createHttpApp,
  defaultHttpAdapter,
  type HostApp,
  type HttpAdapterKind,
  SESSION_COOKIE,
  sessionMiddleware,
  sessionReader,
} from './http-adapters.js';
import { mergeOptions } from './merge-options.js';

const instant = {
  type: 'bigint',
  nullable: true,
  transformer: { to: (at: unknown) => at, from: numberOrNull },
} as const;

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

@Entity('users')
export class User {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', name: 'meveto_id', nullable: true, unique: true })
  mevetoId!: string | null;

  @Column({ ...instant, name: 'last_logged_in' })
  lastLoggedIn!: number | null;

  @Column({ ...instant, name: 'last_logged_out' })
  lastLoggedOut!: number | null;
}

@Entity('access_tokens')
export class AccessToken {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'int', name: 'user_id' })
  userId!: number;

  @Column({ ...instant, name: 'signed_in_at' })
  signedInAt!: number | null;

  @Column({ ...instant, name: 'revoked_at' })
  revokedAt!: number | null;
}

/** The store's mapping of these entities. */
export const storeMapping: TypeOrmStoreOptions = {
  user: {
    entity: User,
    id: 'id',
    mevetoId: 'mevetoId',
    lastLoggedIn: 'lastLoggedIn',
    lastLoggedOut: 'lastLoggedOut',
  },
  accessTokens: { entity: AccessToken, userId: 'userId', issuedAt: 'signedInAt', revokedAt: 'revokedAt' },
};

export const CLIENT_ID = 'test-client';
export const CLIENT_SECRET = 'test-client-secret-0123456789';

/** The part of a session that express-session and @fastify/session have in common. */
interface HostSession {
  session: { regenerate(done: (error?: unknown) => void): unknown; userId?: number; signedInAt?: number };
}

/** A small application as users write them: a session login, tokens, a page and an API. */
@Controller()
class HostController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService,
  ) {}

  @Post('login')
  @HttpCode(200)
  @SkipMevetoLogout()
  async login(
    @Body() { userId, authenticatedAt }: { userId: number; authenticatedAt?: number },
    @Req() request: HostSession,
  ) {
    const { signedInAt } = await this.mevetoLogout.recordLogin(
      userId,
      authenticatedAt === undefined ? {} : { authenticatedAt },
    );
    await new Promise((resolve) => {
      request.session.regenerate(resolve);
    });
    Object.assign(request.session, { userId, signedInAt });
    return { signedInAt };
  }

  /** The recipe of docs/guard.md. */
  @Post('password')
  @HttpCode(200)
  async changePassword(@Req() request: HostSession) {
    const { userId = 0 } = request.session;
    await this.mevetoLogout.logOut(userId, { reason: 'password-change' });
    const { signedInAt } = await this.mevetoLogout.recordLogin(userId);
    await new Promise<void>((resolve, reject) => {
      request.session.regenerate((error) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
    Object.assign(request.session, { userId, signedInAt });
  }

  @Post('tokens')
  @SkipMevetoLogout()
  async token(@Body() { userId }: { userId: number }) {
    const { signedInAt } = await this.mevetoLogout.recordLogin(userId);
    const id = randomUUID();
    await this.dataSource.getRepository(AccessToken).insert({ id, userId, signedInAt });
    return { token: `${String(userId)}.${String(signedInAt)}.${id}` };
  }

  @Get('page')
  page(@Req() request: HostSession) {
    if (request.session.userId === undefined) throw new UnauthorizedException();
    return `<p>user ${String(request.session.userId)}</p>`;
  }

  @Get('api')
  @AnswerLoggedOut('json')
  api() {
    return { ok: true };
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    if (body === undefined) throw new BadRequestException();
    return body;
  }
}

/** Facts of the test tokens: `<user id>.<signed in at>.<row id>`. */
const readToken = bearerToken({
  // The whole token: a part of a token must not count as a token of another user.
  verify: (token) => {
    const [, userId, signedInAt] = /^([\w-]+)\.(\d+)\.[\w-]+$/.exec(token) ?? [];
    return userId === undefined ? undefined : { userId, signedInAt: Number(signedInAt) };
  },
});

export interface HostOptions {
  readonly connection: DataSourceOptions;
  readonly mevetoUrl: string;
  readonly options?: Partial<MevetoLogoutOptions>;
  readonly extras?: MevetoLogoutStaticOptions;
  readonly how?: 'forRoot' | 'forRootAsync';
  readonly users?: readonly { id: number; mevetoId: string | null }[];
  /** More of the application: its own guards, controllers, filters. */
  readonly metadata?: ModuleMetadata;
  /** Modules that the application imports before this package's. */
  readonly earlierImports?: ModuleMetadata['imports'];
  /** Replacements for the application's providers. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** The HTTP adapter; by default that of `TEST_HTTP_ADAPTER`. */
  readonly adapter?: HttpAdapterKind;
  /** Addresses of proxies whose X-Forwarded-For is trusted; none by default. */
  readonly trustProxy?: string;
  readonly configure?: (app: HostApp) => void;
}

const HOST_TABLES = {
  entities: [User, AccessToken, ...mevetoLogoutEntities],
  migrations: [...mevetoLogoutMigrations],
  migrationsRun: true,
  retryAttempts: 0,
};

/** Starts the application on a free port of 127.0.0.1. */
export async function startHost(host: HostOptions): Promise<HostApp> {
  const adapter = host.adapter ?? defaultHttpAdapter;
  const middleware = sessionMiddleware();
  const given = mergeOptions<MevetoLogoutOptions>(
    {
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      apiUrl: host.mevetoUrl,
      store: typeOrmStore(storeMapping),
      session: [sessionReader(adapter, middleware), readToken],
      whenLoggedOut: { redirectTo: '/login', clearCookies: [SESSION_COOKIE] },
      inbox: { leaseMs: 2_000 },
    },
    host.options,
  );
  let opening: Promise<DataSource> | undefined;
  const database = TypeOrmModule.forRootAsync({
    useFactory: () => ({ ...host.connection, ...HOST_TABLES }),
    dataSourceFactory: (options) => (opening = new DataSource(options ?? host.connection).initialize()),
  });
  const builder = Test.createTestingModule({
    imports: [
      database,
      ...(host.earlierImports ?? []),
      host.how === 'forRootAsync'
        ? MevetoLogoutModule.forRootAsync({ useFactory: () => given, ...host.extras })
        : MevetoLogoutModule.forRoot({ ...given, ...host.extras }),
      hostModule(host.metadata ?? {}),
    ],
  });
  const testing = await (host.override?.(builder) ?? builder).compile().catch(async (error: unknown) => {
    // If the application does not start, nothing else closes it.
    await opening?.then((dataSource) => dataSource.destroy()).catch(() => undefined);
    throw error;
  });
  const app = await createHttpApp(testing, adapter, middleware, host.trustProxy);
  await prepareTables(app, host.users ?? [{ id: 1, mevetoId: 'm-1' }]);
  host.configure?.(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

function hostModule(metadata: ModuleMetadata) {
  @Module({ ...metadata, controllers: [HostController, ...(metadata.controllers ?? [])] })
  class HostModule {}
  return HostModule;
}

async function prepareTables(app: HostApp, users: HostOptions['users']): Promise<void> {
  const dataSource = app.get(DataSource);
  const runner = dataSource.createQueryRunner();
  for (const entity of [User, AccessToken]) {
    const metadata = dataSource.getMetadata(entity);
    if (await runner.hasTable(metadata.tableName)) continue;
    const columns = metadata.columns.map((column) => {
      const length = dataSource.driver.getColumnLength(column);
      const type = dataSource.driver.normalizeType(column) + (length === '' ? '' : `(${length})`);
      return `${column.databaseName} ${type}${column.isPrimary ? ' PRIMARY KEY' : ''}`;
    });
    await runner.query(`CREATE TABLE ${metadata.tableName} (${columns.join(', ')})`);
  }
  await runner.release();
  for (const user of users ?? []) await dataSource.getRepository(User).upsert(user, ['id']);
}

export const urlOf = async (app: HostApp): Promise<string> =>
  (await app.getUrl()).replace('[::1]', '127.0.0.1');
