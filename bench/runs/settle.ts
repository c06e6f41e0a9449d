import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import { DataSource } from 'typeorm';
import { Ingest } from '../../libs/meveto-logout/src/inbox/ingest.js';
import { TokenExchange } from '../../libs/meveto-logout/src/inbox/token-exchange.port.js';
import { UserToken } from '../../libs/meveto-logout/src/store/job.js';
import { median, type Measure, ratioOf } from '../measure.js';
import { detail } from './child.js';
import { createDatabase, type DatabaseName, observe, type Observer } from './database.js';
import { HeldExchange } from './held-exchange.js';
import { SENDER_KNOWN_AFTER_MS, startHost } from './host.js';
import { settleByTypeOrm, storeJobs } from './settle-by-typeorm.js';

const OUTCOMES = 256;
const FULL = { rounds: 5, turns: 5 };
const QUICK = { rounds: 3, turns: 1 };
/** Before the first round, so that the code is compiled. */
const WARM_UP_TURNS = 2;
const SENDER = '127.0.0.1';

/**
 * The worker has claimed 256 jobs, and all their answers arrive at once: until the last outcome is committed. Over one TypeORM
 * transaction for each of 256 jobs that writes the same rows. In turns, in the same database.
 */
export const settle = (database: DatabaseName): Measure => {
  const name = `settle_vs_typeorm_${database}`;
  return {
    names: [name],
    run: async ({ isQuick, hasTime, progress }) => {
      const { rounds, turns } = isQuick ? QUICK : FULL;
      const settling = await Settling.start(database, (WARM_UP_TURNS + rounds * turns) * 2 * OUTCOMES);
      try {
        for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) await settling.turn();
        const ratios: number[] = [];
        for (let round = 0; round < rounds && (round === 0 || hasTime()); round += 1) {
          progress(round, rounds);
          const ours: number[] = [];
          const typeOrm: number[] = [];
          for (let turn = 0; turn < turns; turn += 1) {
            const times = await settling.turn();
            ours.push(times.ours);
            typeOrm.push(times.typeOrm);
          }
          ratios.push(median(typeOrm) / median(ours));
          detail(
            `settle ${database}: ${median(ours).toFixed(1)} ms, TypeORM ${median(typeOrm).toFixed(1)} ms`,
          );
        }
        return { [name]: ratioOf(ratios) };
      } finally {
        await settling.close();
      }
    },
  };
};

class Settling {
  #nextUser = 0;
  #turn = 0;

  private constructor(
    private readonly app: INestApplication,
    private readonly exchange: HeldExchange,
    private readonly observer: Observer,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(name: DatabaseName, users: number): Promise<Settling> {
    const database = await createDatabase(name);
    const exchange = new HeldExchange();
    const app = await startHost({
      database,
      mevetoUrl: 'http://127.0.0.1:9',
      users: users + 1,
      options: {
        inbox: {
          concurrency: OUTCOMES,
          perSecond: 10_000,
          maxWaitingPerPriority: 100_000,
          leaseMs: 30_000,
        },
      },
      staticOptions: { livePush: false },
      override: (builder) => builder.overrideProvider(TokenExchange).useValue(exchange),
    });
    const settling = new Settling(app, exchange, await observe(database), () => database.drop());
    // The first logout makes the sender a known one: its jobs have the whole concurrency.
    await settling.#ours([users]);
    await delay(SENDER_KNOWN_AFTER_MS);
    return settling;
  }

  /** 256 outcomes by the module and 256 by TypeORM, of different users. Alternates which goes first. */
  async turn(): Promise<{ readonly ours: number; readonly typeOrm: number }> {
    this.#turn += 1;
    if (this.#turn % 2 === 0) {
      const ours = await this.#ours(this.#users());
      return { ours, typeOrm: await this.#typeOrm(this.#users()) };
    }
    const typeOrm = await this.#typeOrm(this.#users());
    return { ours: await this.#ours(this.#users()), typeOrm };
  }

  async close(): Promise<void> {
    await this.observer.close();
    await this.app.close();
    await this.drop();
  }

  #users(): readonly number[] {
    const first = this.#nextUser;
    this.#nextUser += OUTCOMES;
    return Array.from({ length: OUTCOMES }, (_, index) => first + index);
  }

  async #ours(users: readonly number[]): Promise<number> {
    const ingest = this.app.get(Ingest, { strict: false });
    await Promise.all(users.map((user) => ingest.accept('logout', new UserToken(String(user)), SENDER)));
    await this.exchange.holds(users.length);
    const announced = firstValueFrom(
      this.app.get(MevetoLogoutService).logouts$.pipe(
        filter(({ source }) => source === 'own-commit'),
        take(users.length),
        toArray(),
      ),
    );
    const startedAt = performance.now();
    this.exchange.release();
    await announced;
    return this.#tookSince(startedAt, users);
  }

  async #typeOrm(users: readonly number[]): Promise<number> {
    const dataSource = this.app.get(DataSource);
    const jobs = await storeJobs(dataSource, users);
    const startedAt = performance.now();
    await settleByTypeOrm(dataSource, jobs);
    return this.#tookSince(startedAt, users);
  }

  /** The time until another connection, which sees committed rows only, has read all logouts. */
  async #tookSince(startedAt: number, users: readonly number[]): Promise<number> {
    const [row] = await this.observer.query(
      `SELECT COUNT(*) AS n FROM users WHERE last_logged_out IS NOT NULL AND id BETWEEN ${String(users[0])} AND ${String(users.at(-1))}`,
    );
    const tookMs = performance.now() - startedAt;
    if (Number(row?.['n']) !== users.length)
      throw new Error(`${String(row?.['n'])} of ${String(users.length)} logouts are committed.`);
    return tookMs;
  }
}
