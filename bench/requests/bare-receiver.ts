import { createHash } from 'node:crypto';
import { Body, Controller, HttpCode, type OnModuleDestroy, Post } from '@nestjs/common';
import Sqlite from 'better-sqlite3';
import { createDatabase } from '../runs/database.js';
import type { Adapter } from './application.js';
import { hostDatabase } from './host-database.js';
import { ACCEPTED, tokenOf, type Webhook, webhookVariant } from './ingest-variants.js';
import type { Variant } from './turns.js';

/** As long as a sealed token of the measure. */
const SEALED = 's'.repeat(120);
const INSERT = `INSERT INTO meveto_logout_jobs (id, digest, kind, state, sealed, priority, sender, received_at, occurred_at, due_at, fence, attempts,
  unknown_attempts, client_errors) VALUES (?, ?, 'logout', 'pending', ?, 2, 'sender', ?, ?, ?, 0, 0, 0, 0) ON CONFLICT DO NOTHING`;

/**
 * The least that a durable receiver does: stores each webhook as a row of the module's table, with prepared statements, all of one turn of
 * the event loop in one transaction. It seals nothing, knows no priorities and bounds nothing. How much faster this is than the module
 * shows what the module could gain.
 */
export async function bareReceiver(adapter: Adapter): Promise<Variant> {
  const database = await createDatabase('sqlite');

  @Controller()
  class BareController implements OnModuleDestroy {
    #database: Sqlite.Database | undefined;
    #tokens: string[] = [];
    #turn: Promise<void> | undefined;

    @Post('webhook')
    @HttpCode(202)
    async receive(@Body() body: Webhook): Promise<typeof ACCEPTED> {
      this.#tokens.push(tokenOf(body));
      await (this.#turn ??= new Promise((resolve) => {
        setImmediate(() => {
          this.#turn = undefined;
          this.#store(this.#tokens.splice(0));
          resolve();
        });
      }));
      return ACCEPTED;
    }

    onModuleDestroy(): void {
      this.#database?.close();
    }

    #store(tokens: readonly string[]): void {
      const connection = (this.#database ??= opened(database.place));
      const now = Date.now();
      const insert = connection.prepare(INSERT);
      connection.transaction(() => {
        for (const token of tokens) {
          const digest = createHash('sha256').update(token).digest('base64url');
          insert.run(`${now.toString(16)}-${token}`, digest, SEALED, now, now, now);
        }
      })();
    }
  }

  const metadata = {
    imports: [hostDatabase(database, { users: 1, loggedOut: 0 })],
    controllers: [BareController],
  };
  return webhookVariant('bare', adapter, metadata, () => database.drop());
}

function opened(file: string): Sqlite.Database {
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 4000');
  return database;
}
