import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { TokenExchange } from '../../libs/meveto-logout/src/inbox/token-exchange.port.js';
import { UserToken } from '../../libs/meveto-logout/src/store/job.js';
import { type Measure, ratioOf, type Scale } from '../measure.js';
import { type Child, detail, startChild } from './child.js';
import { createDatabase, type DatabaseName, observe, type RunDatabase } from './database.js';
import type { FromMeveto, ToMeveto } from './drain-meveto.js';
import { SENDER_KNOWN_AFTER_MS, startHost, urlOf } from './host.js';

type Meveto = Child<ToMeveto, FromMeveto>;

const CONCURRENCY = 64;
const FULL = { jobs: 10_000, rounds: 3 };
const QUICK = { jobs: 1_500, rounds: 1 };
/** Of each variant before its run, so that the code is compiled. The first logout also makes the sender a known one. */
const WARM_UP = 500;

/**
 * Jobs of a known sender are stored while the simulated Meveto holds its answers. From the first exchange to the commit of the
 * last outcome, over the same number of exchanges by the same HTTP client without a store. Both in each round, in turns.
 */
export const drain = (database: DatabaseName): Measure => {
  const name = `drain_c64_vs_client_${database}`;
  return {
    names: [name],
    run: async ({ isQuick, progress }: Scale) => {
      const { jobs, rounds } = isQuick ? QUICK : FULL;
      const shares: number[] = [];
      const meveto: Meveto = await startChild('drain-meveto');
      try {
        for (let round = 0; round < rounds; round += 1) {
          progress(round, rounds);
          shares.push(await inOneRound(database, meveto, jobs, round % 2 === 0));
        }
      } finally {
        await meveto.stop();
      }
      return { [name]: ratioOf(shares) };
    },
  };
};

/** The throughput of the drain over that of the client alone. */
async function inOneRound(
  name: DatabaseName,
  meveto: Meveto,
  jobs: number,
  isClientFirst: boolean,
): Promise<number> {
  const database = await createDatabase(name);
  const { url: mevetoUrl } = await meveto.ask({ ask: 'url' });
  const app = await startHost({
    database,
    mevetoUrl,
    users: jobs + WARM_UP,
    options: {
      inbox: { concurrency: CONCURRENCY, perSecond: 10_000, maxWaitingPerPriority: 100_000, leaseMs: 30_000 },
      exchange: { timeoutMs: 20_000 },
    },
    staticOptions: { livePush: false },
  });
  try {
    await exchangeAll(app.get(TokenExchange, { strict: false }), WARM_UP);
    await warmUp(app, database, meveto, jobs);
    const client = () => exchangeAll(app.get(TokenExchange, { strict: false }), jobs);
    const before = isClientFirst ? await client() : 0;
    const drainMs = await drainAll(app, database, meveto, jobs);
    const clientMs = isClientFirst ? before : await client();
    detail(
      `drain ${name}: ${drainMs.toFixed(0)} ms, client alone ${clientMs.toFixed(0)} ms, ${String(jobs)} jobs`,
    );
    return clientMs / drainMs;
  } finally {
    await app.close();
    await database.drop();
  }
}

async function warmUp(
  app: INestApplication,
  database: RunDatabase,
  meveto: Meveto,
  first: number,
): Promise<void> {
  const url = await urlOf(app);
  for (const [from, count] of [
    [first, 1],
    [first + 1, WARM_UP - 1],
  ] as const) {
    await meveto.ask({ ask: 'hold' });
    await meveto.ask({ ask: 'send', url, first: from, count });
    await meveto.ask({ ask: 'drain', database: placeOf(database), count });
    await delay(SENDER_KNOWN_AFTER_MS);
  }
}

async function drainAll(
  app: INestApplication,
  database: RunDatabase,
  meveto: Meveto,
  jobs: number,
): Promise<number> {
  const url = await urlOf(app);
  await meveto.ask({ ask: 'hold' });
  await meveto.ask({ ask: 'send', url, first: 0, count: jobs });
  await check(
    database,
    "SELECT COUNT(*) AS n FROM meveto_logout_jobs WHERE state = 'pending' AND priority = 1",
    jobs,
  );
  const { tookMs } = await meveto.ask({ ask: 'drain', database: placeOf(database), count: jobs });
  await check(
    database,
    "SELECT COUNT(*) AS n FROM meveto_logout_jobs WHERE state = 'applied'",
    jobs + WARM_UP,
  );
  await check(database, 'SELECT COUNT(*) AS n FROM users WHERE last_logged_out IS NOT NULL', jobs + WARM_UP);
  return tookMs;
}

const placeOf = ({ name, place }: RunDatabase) => ({ name, place });

async function check(database: RunDatabase, sql: string, expected: number): Promise<void> {
  const observer = await observe(database);
  const [row] = await observer.query(sql);
  await observer.close();
  if (Number(row?.['n']) !== expected)
    throw new Error(`${sql}: ${String(row?.['n'])} instead of ${String(expected)}`);
}

async function exchangeAll(exchange: TokenExchange, count: number): Promise<number> {
  const { signal } = new AbortController();
  const startedAt = performance.now();
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const { kind } = await exchange.exchange(new UserToken(`job-${String(next++)}`), signal);
      if (kind !== 'person') throw new Error(`The exchange ended with '${kind}'.`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, one));
  return performance.now() - startedAt;
}
