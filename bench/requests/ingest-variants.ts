import {
  BadRequestException,
  Body,
  Controller,
  HttpCode,
  Injectable,
  type ModuleMetadata,
  Post,
} from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { bearerToken } from 'nestjs-meveto-logout';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { type Adapter, createApplication, listen } from './application.js';
import { createDatabase, type DatabaseName, type RunDatabase } from '../runs/database.js';
import { startFakeMeveto } from './fake-meveto.js';
import { hostDatabase, mevetoLogout, SECRET_PATH } from './host-database.js';
import type { Variant } from './turns.js';

/** Rows that the insert's table may have before it is emptied. */
const MOST_ROWS = 100_000;
export const ACCEPTED = { status: 'accepted' };
/** Room for the jobs of a whole run: none of them finishes meanwhile. */
const ROOM = 1_000_000;

export interface Webhook {
  readonly user_token?: unknown;
}

export function tokenOf({ user_token: token }: Webhook): string {
  if (typeof token !== 'string') throw new BadRequestException();
  return token;
}

/** Returns a function that runs the action once for all its calls of one turn of the event loop, at the end of the turn. */
export function onceATurn(act: () => void = () => undefined): () => Promise<void> {
  let turn: Promise<void> | undefined;
  return () =>
    (turn ??= new Promise((resolve) => {
      setImmediate(() => {
        turn = undefined;
        act();
        resolve();
      });
    }));
}

/** A handler that stores nothing. Answers all requests of one turn of the event loop together, as a group commit does. */
@Controller()
class NullController {
  readonly #turn = onceATurn();

  @Post('webhook')
  @HttpCode(202)
  async receive(@Body() body: Webhook): Promise<typeof ACCEPTED> {
    tokenOf(body);
    await this.#turn();
    return ACCEPTED;
  }
}

@Entity('webhooks')
class StoredWebhook {
  @PrimaryColumn({ type: 'varchar' })
  token!: string;

  @Column({ type: 'bigint', name: 'received_at' })
  receivedAt!: number;
}

/** A handler that stores each webhook with one `insert` of TypeORM. */
@Controller()
@Injectable()
class InsertController {
  #rows = 0;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Post('webhook')
  @HttpCode(202)
  async receive(@Body() body: Webhook): Promise<typeof ACCEPTED> {
    const webhooks = this.dataSource.getRepository(StoredWebhook);
    await webhooks.insert({ token: tokenOf(body), receivedAt: Date.now() });
    if ((this.#rows += 1) === MOST_ROWS) {
      await webhooks.clear();
      this.#rows = 0;
    }
    return ACCEPTED;
  }
}

export const nullHandler = (adapter: Adapter): Promise<Variant> =>
  webhookVariant('null', adapter, { controllers: [NullController] });

export async function insertHandler(adapter: Adapter, databaseName: DatabaseName): Promise<Variant> {
  const database = await createDatabase(databaseName);
  const connected = TypeOrmModule.forRootAsync({
    useFactory: () => ({ ...database.connection, retryAttempts: 0 }),
    dataSourceFactory: () =>
      new DataSource({ ...database.connection, entities: [StoredWebhook], synchronize: true }).initialize(),
  });
  const metadata = { imports: [connected], controllers: [InsertController] };
  return webhookVariant('insert', adapter, metadata, () => database.drop());
}

/**
 * This package's webhook as in production: secret path, checks, priorities, sealed tokens. Meveto holds its answers while the measure
 * runs, and the worker starts one exchange at a time, so that it does not compete.
 */
export async function ingest(adapter: Adapter, database: DatabaseName | RunDatabase): Promise<Variant> {
  const own = typeof database === 'string' ? await createDatabase(database) : database;
  const meveto = await startFakeMeveto();
  const module = mevetoLogout(meveto.url, {
    session: bearerToken({ verify: () => undefined }),
    // The exchanges that Meveto holds must not delay the end.
    inbox: { concurrency: 1, maxWaitingPerPriority: ROOM, leaseMs: 30_000, shutdownTimeoutMs: 0 },
    exchange: { timeoutMs: 22_500 },
  });
  const metadata = { imports: [hostDatabase(own, { users: 1_000, loggedOut: 0 }), module] };
  const close = async (): Promise<void> => {
    meveto.stop();
    await own.drop();
  };
  return webhookVariant('ours', adapter, metadata, close, `/meveto/webhook/${SECRET_PATH}`);
}

export async function webhookVariant(
  name: string,
  adapter: Adapter,
  metadata: ModuleMetadata,
  after?: () => Promise<void>,
  path = '/webhook',
): Promise<Variant> {
  const app = await createApplication(adapter, metadata);
  const port = await listen(app);
  return {
    name,
    target: { port, method: 'POST', path, isWebhook: true, expectedStatus: 202 },
    close: async () => {
      await app.close();
      await after?.();
    },
  };
}
