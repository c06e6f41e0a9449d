import { createHash } from 'node:crypto';
import { Body, Controller, HttpCode, type OnModuleDestroy, Post } from '@nestjs/common';
import Sqlite from 'better-sqlite3';
import { createDatabase } from '../runs/database.js';
import type { Adapter } from './application.js';
import { hostDatabase } from './host-database.js';
import { ACCEPTED, onceATurn, tokenOf, type Webhook, webhookVariant } from './ingest-variants.js';
import type { Variant } from './turns.js';

/** As long as a sealed token of the measure. */
const SEALED = 's'.repeat(120);
const INSERT = `INSERT INTO meveto_logout_jobs (id, digest, kind, state, sealed, priority, sender, received_at, occurred_at, due_at, fence, attempts,
  unknown_attempts, client_errors) VALUES (?, ?, 'logout', 'pending', ?, 2, 'sender', ?, ?, ?, 0, 0, 0, 0) ON CONFLICT DO NOTHING`;

/**
 * The least that a durable receiver does: it stores each webhook as a row of the module's table, with a prepared statement, and all
 * webhooks of one turn of the event loop in one transaction. It seals nothing, and has no priorities and no bounds. The ratio shows how much
 * the module could still gain.
 */
export async function bareReceiver(adapter: Adapter): Promise<Variant> {
  const database = await createDatabase('sqlite');

  @Controller()
  class BareController implements OnModuleDestroy {
    #store: BareStore | undefined;
    readonly #tokens: string[] = [];
    readonly #stored = onceATurn(() => {
      (this.#store ??= new BareStore(database.place)).add(this.#tokens.splice(0));
    });

    @Post('webhook')
    @HttpCode(202)
    async receive(@Body() body: Webhook): Promise<typeof ACCEPTED> {
      this.#tokens.push(tokenOf(body));
      await this.#stored();
      return ACCEPTED;
    }

    onModuleDestroy(): void {
      this.#store?.close();
    }
  }

  const metadata = {
    imports: [hostDatabase(database, { users: 1, loggedOut: 0 })],
    controllers: [BareController],
  };
  return webhookVariant('bare', adapter, metadata, () => database.drop());
}

class BareStore {
  readonly #database: Sqlite.Database;
  readonly add: (tokens: readonly string[]) => void;

  constructor(file: string) {
    this.#database = new Sqlite(file);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('wal_autocheckpoint = 4000');
    const insert = this.#database.prepare(INSERT);
    this.add = this.#database.transaction((tokens: readonly string[]) => {
      const now = Date.now();
      for (const token of tokens) {
        const digest = createHash('sha256').update(token).digest('base64url');
        // As long as a UUID that begins with the time.
        insert.run(now.toString(16) + digest.slice(0, 25), digest, SEALED, now, now, now);
      }
    });
  }

  close(): void {
    this.#database.close();
  }
}
