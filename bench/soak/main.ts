// `npm run soak [-- --minutes 30]`: half of the measured maximum of webhooks, guarded requests and open pages on one process,
// for so long. Prints memory, delays, times and rows at even intervals, and whether they grew after the warm-up.
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { machineFacts } from '../machine.js';
import { type Child, startChild } from '../runs/child.js';
import { createDatabase, observe, type Observer } from '../runs/database.js';
import { afterWarmUp, growthOf } from './growth.js';
import type { FromSoakApp, ToSoakApp } from './soak-app.js';
import type { FromSoakLoad, ToSoakLoad } from './soak-load.js';

type App = Child<ToSoakApp, FromSoakApp>;
type Load = Child<ToSoakLoad, FromSoakLoad>;

/** Few, so that all of them have a logout before the first sample. */
const USERS = 2_000;
const SOCKETS = 300;
const REQUESTS_PER_SECOND = 100;
const FLOOD_SECONDS = 10;
/** A short run has as many samples as this; a longer one has one each minute. */
const LEAST_SAMPLES = 12;
const TABLES = ['jobs', 'logouts', 'senders', 'leases', 'keys'] as const;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
if (!(minutes >= 1 && minutes <= 120)) throw new Error('--minutes: 1 to 120.');

const machine = machineFacts();
const database = await createDatabase('sqlite');
const started: { stop(): Promise<void> }[] = [];
try {
  const load: Load = await startChild('../soak/soak-load');
  started.push(load);
  const { url: mevetoUrl } = await load.ask({ ask: 'meveto' });
  const settings = { DATABASE: database.place, MEVETO_URL: mevetoUrl, USERS: USERS + SOCKETS + 2 };
  const app: App = await startChild('../soak/soak-app', settings);
  started.push(app);
  const observer = await observe(database);
  const { url } = await app.ask({ ask: 'url' });
  const maximum = await measuredMaximum(app, load, url);
  const webhooksPerSecond = Math.floor(maximum / 2);
  console.log(
    `The maximum is ${maximum.toFixed(0)} webhooks a second from request to commit of the outcome; the load is ` +
      `${String(webhooksPerSecond)} a second, ${String(2 * REQUESTS_PER_SECOND)} guarded requests a second, ${String(SOCKETS)} sockets.`,
  );
  const requestsPerSecond = REQUESTS_PER_SECOND;
  await load.ask({ ask: 'start', url, users: USERS, webhooksPerSecond, requestsPerSecond, sockets: SOCKETS });
  const samples = await sampled(app, load, observer);
  await observer.close();
  const isFaultless = report(samples);
  mkdirSync('reports', { recursive: true });
  writeFileSync('reports/soak.json', `${JSON.stringify({ machine, maximum, samples }, undefined, 2)}\n`);
  process.exitCode = isFaultless ? 0 : 1;
} finally {
  for (const child of started.reverse()) await child.stop();
  await database.drop();
}

/** Webhooks a second: as many as the application takes from 64 connections, over the time until the last one is applied. */
async function measuredMaximum(app: App, load: Load, url: string): Promise<number> {
  // The first makes the sender a known one.
  await load.ask({ ask: 'flood', url, users: USERS, seconds: 0.1 });
  await untilApplied(app);
  const startedAt = performance.now();
  const { acknowledged } = await load.ask({ ask: 'flood', url, users: USERS, seconds: FLOOD_SECONDS });
  await untilApplied(app);
  return acknowledged / ((performance.now() - startedAt) / 1_000);
}

async function untilApplied(app: App): Promise<void> {
  while ((await app.ask({ ask: 'pending' })).pending > 0) await delay(100);
}

type Sample = Omit<FromSoakApp, 'url'> &
  FromSoakLoad['counts'] & { readonly minute: number; readonly load: number } & Record<
    (typeof TABLES)[number],
    number
  >;

async function sampled(app: App, load: Load, observer: Observer): Promise<readonly Sample[]> {
  const everyMs = Math.min(60_000, (minutes * 60_000) / LEAST_SAMPLES);
  const startedAt = performance.now();
  const samples: Sample[] = [];
  for (let next = 1; next * everyMs <= minutes * 60_000; next += 1) {
    await delay(startedAt + next * everyMs - performance.now());
    const { counts } = await load.ask({ ask: 'counts' });
    const state = await app.ask({ ask: 'state' });
    const rows = {} as Record<(typeof TABLES)[number], number>;
    for (const table of TABLES) {
      const [row] = await observer.query(`SELECT COUNT(*) AS n FROM meveto_logout_${table}`);
      rows[table] = Number(row?.['n']);
    }
    const sample = {
      minute: (next * everyMs) / 60_000,
      ...state,
      ...counts,
      ...rows,
      load: loadavg()[0] ?? 0,
    };
    if (next === 1) console.log(Object.keys(shown(sample)).join(' | '));
    console.log(Object.values(shown(sample)).join(' | '));
    samples.push(sample);
  }
  return samples;
}

function shown(sample: Sample) {
  return {
    minute: sample.minute.toFixed(1),
    'heap MiB': sample.heapMiB.toFixed(1),
    'resident MiB': sample.rssMiB.toFixed(0),
    'loop delay p50 / p99 ms': `${sample.delayP50Ms.toFixed(1)} / ${sample.delayP99Ms.toFixed(1)}`,
    'acknowledged p50 / p99 ms': `${sample.ackP50Ms.toFixed(1)} / ${sample.ackP99Ms.toFixed(1)}`,
    webhooks: String(sample.webhooks),
    'guarded requests': String(sample.requests),
    'sockets open / told': `${String(sample.openSockets)} / ${String(sample.notified)}`,
    waiting: String(sample.pending),
    'rows of jobs': String(sample.jobs),
    'other rows': TABLES.slice(1)
      .map((table) => `${table} ${String(sample[table])}`)
      .join(', '),
    failures: String(sample.failures.length),
    load: sample.load.toFixed(1),
  };
}

/** Prints the growth of each value. Returns false if anything failed: growth is for the reader to judge. */
function report(samples: readonly Sample[]): boolean {
  const settled = afterWarmUp(samples);
  console.log(`\nAfter the warm-up, ${String(settled.length)} of ${String(samples.length)} samples:`);
  for (const name of [
    'heapMiB',
    'rssMiB',
    'delayP99Ms',
    'ackP50Ms',
    'ackP99Ms',
    'pending',
    'logouts',
    'senders',
    'leases',
    'keys',
  ] as const) {
    const { slope, share, isGrowth } = growthOf(settled.map((sample) => sample[name]));
    console.log(
      `${isGrowth ? 'GROWS ' : 'stable'} ${name.padEnd(12)} ${slope.toFixed(3)} an interval, ${(share * 100).toFixed(1)} % in all`,
    );
  }
  const failures = samples.flatMap((sample) => sample.failures);
  console.log(`${String(failures.length)} failures ${[...new Set(failures)].join(', ')}`);
  return failures.length === 0;
}
