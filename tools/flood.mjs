// `npm run flood -- --seconds 60 --database sqlite|postgres|mysql --case addresses|secret|worst [--rate 1000]`
//
// Sends forged webhooks to the compiled demo, and one real webhook per second. Prints the results and exits with 1 if
// a bound is exceeded. Everything stays on this machine's loopback addresses.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startDemo } from './flood-demo.mjs';
import { allowConnections, closeConnections, evenly, quantile, sendWebhook } from './flood-load.mjs';
import { startMeveto } from './flood-meveto.mjs';

const CASES = ['addresses', 'secret', 'worst'];
const DATABASES = ['sqlite', 'postgres', 'mysql'];
const BUDGET_PER_SECOND = 100;
/** A full burst may be added to the rate of the same second. */
const BURST = 2;
const MAX_WAITING = 10_000;
/** Ordinary load before the flood, so that the code is compiled as in a running service. */
const WARM_UP = { seconds: 10, perSecond: 200 };
const BOUNDS = { acknowledgedP99Ms: 250, logoutMedianMs: 2_000, peakMiB: 512 };
const SECRET = 'flood-secret-path-of-thirty-chars';
const MEVETO_ADDRESS = '127.9.9.9';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '1000' },
    database: { type: 'string', default: 'sqlite' },
    case: { type: 'string', default: 'addresses' },
    'no-warm-up': { type: 'boolean', default: false },
  },
});
const seconds = within(Number(values.seconds), 1, 300, '--seconds');
const rate = within(Number(values.rate), 1, 5_000, '--rate');
const kind = values.case;
const database = values.database;
if (!CASES.includes(kind) || !DATABASES.includes(database)) {
  throw new Error(`--case is one of ${CASES.join(', ')}, --database one of ${DATABASES.join(', ')}.`);
}

/** @param {number} value @param {number} min @param {number} max @param {string} name */
function within(value, min, max, name) {
  if (!(value >= min && value <= max)) throw new Error(`${name}: ${String(min)} to ${String(max)}.`);
  return value;
}

const meveto = await startMeveto();
const demo = await startDemo(/** @type {'sqlite' | 'postgres' | 'mysql'} */ (database), {
  MEVETO_API_URL: meveto.url,
  MEVETO_DASHBOARD_URL: meveto.url,
  MEVETO_CLIENT_ID: 'flood-client',
  MEVETO_CLIENT_SECRET: 'flood-client-secret-0123456789',
  DEMO_USERS: String(seconds + 1),
  ...(kind === 'secret' ? { MEVETO_WEBHOOK_SECRET_PATH: SECRET } : {}),
});
const plain = `${demo.url}/meveto/webhook`;
const real = kind === 'secret' ? `${plain}/${SECRET}` : plain;
const users = new Map();
try {
  process.exitCode = await runCase();
} finally {
  closeConnections();
  await demo.stop();
  meveto.stop();
}

async function runCase() {
  if (kind === 'worst') allowConnections(512);
  for (let n = 0; n <= seconds; n += 1) users.set(n, await accessToken(n + 1));
  // A real webhook makes Meveto's address a known sender before the flood, as in production.
  const first = await realWebhook(0, performance.now());
  if (first.refusedAfterMs === undefined) throw new Error('The webhook before the flood was not applied.');
  await warmUp();
  const loadBefore = loadavg()[0] ?? 0;
  const exchangesBefore = meveto.exchanges.length;
  const rowsBefore = await rowsInInbox();
  const usageBefore = demo.usage();
  const startedAt = performance.now();
  const [forged, reals] = await Promise.all([
    evenly(rate, seconds, (n, dueAt) => sendWebhook(plain, `forged-${String(n)}`, forger(n), dueAt)),
    evenly(1, seconds, (n, dueAt) => realWebhook(n + 1, dueAt)),
  ]);
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const usage = demo.usage();
  return report({
    forged,
    reals,
    exchanges: meveto.exchanges.slice(exchangesBefore),
    tookSeconds,
    peakMiB: usage.peakMiB,
    grewMiB: usage.rssMiB - usageBefore.rssMiB,
    cpuShare: (usage.cpuSeconds - usageBefore.cpuSeconds) / tookSeconds,
    rows: (await rowsInInbox()) - rowsBefore,
    load: `${loadBefore.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after, on ${String(cpus().length)} cores`,
  });
}

/** Sends webhooks that Meveto does not know from the later forgers' addresses, and waits until no job is pending. */
async function warmUp() {
  const { seconds: warmSeconds, perSecond } = values['no-warm-up'] ? { seconds: 0, perSecond: 0 } : WARM_UP;
  await evenly(perSecond, warmSeconds, (n, dueAt) =>
    sendWebhook(real, `warm-${String(n)}`, forger(n), dueAt),
  );
  const waiting = async () => {
    const text = await fetch(`${demo.url}/metrics`).then((response) => response.text());
    const [, count] = /^meveto_logout_calls\{state="pending"\} (\d+)$/m.exec(text) ?? [];
    if (count === undefined) throw new Error('The demo does not report the number of pending jobs.');
    return Number(count);
  };
  while ((await waiting()) > 0) await delay(200);
}

/** 250 addresses, or Meveto's own in the worst case. @param {number} n */
function forger(n) {
  return kind === 'worst'
    ? MEVETO_ADDRESS
    : `127.1.${String(1 + (Math.floor(n / 25) % 10))}.${String(1 + (n % 25))}`;
}

/** @param {number} n */
async function accessToken(n) {
  const response = await fetch(`${demo.url}/api/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: `user${String(n)}@example.com`,
      password: `user${String(n)}-demo-password`,
    }),
  });
  if (!response.ok) throw new Error(`No access token for user ${String(n)}: ${String(response.status)}`);
  return /** @type {{ access_token: string }} */ (await response.json()).access_token;
}

/** Logs a user out and waits until the user's access token is refused. @param {number} n @param {number} dueAt */
async function realWebhook(n, dueAt) {
  const token = `real-${String(n)}-${String(Date.now())}`;
  meveto.issue(token, `meveto-user${String(n + 1)}`);
  const answer = await sendWebhook(real, token, MEVETO_ADDRESS, dueAt);
  const acknowledgedAt = performance.now();
  if (answer.status !== 202) return { ...answer, refusedAfterMs: undefined };
  const waitMs = kind === 'worst' ? (MAX_WAITING / BUDGET_PER_SECOND) * 1_000 + 60_000 : 30_000;
  while (performance.now() - acknowledgedAt < waitMs) {
    const response = await fetch(`${demo.url}/api/profile`, {
      headers: { authorization: `Bearer ${users.get(n)}`, accept: 'application/json' },
    }).catch(() => undefined);
    await response?.text();
    if (response?.status === 401) return { ...answer, refusedAfterMs: performance.now() - acknowledgedAt };
    await delay(kind === 'worst' ? 500 : 50);
  }
  return { ...answer, refusedAfterMs: undefined };
}

async function rowsInInbox() {
  const text = await fetch(`${demo.url}/metrics`).then((response) => response.text());
  return [...text.matchAll(/^meveto_logout_calls\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

/** @param {Awaited<ReturnType<typeof sendWebhook>>[]} answers */
function statuses(answers) {
  const counts = new Map();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${String(status)} × ${String(count)}`).join(', ');
}

/** @param {readonly number[]} starts in their order, of performance.now() */
function mostInASecond(starts) {
  let most = 0;
  let first = 0;
  for (const [index, at] of starts.entries()) {
    while ((starts[first] ?? at) <= at - 1_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** Prints the table; returns 1 if a bound is exceeded. @param {any} run */
function report({ forged, reals, exchanges, tookSeconds, peakMiB, grewMiB, cpuShare, rows, load }) {
  const all = [...forged, ...reals];
  const times = all.map(({ tookMs }) => tookMs);
  const acknowledgements = all.filter(({ status }) => status === 202).map(({ tookMs }) => tookMs);
  const acknowledged = reals.filter((/** @type {any} */ each) => each.status === 202);
  const delays = acknowledged.map((/** @type {any} */ each) => each.refusedAfterMs ?? Infinity);
  const applied = delays.filter(Number.isFinite).length;
  const most = BUDGET_PER_SECOND * (tookSeconds + 1);
  const only = (/** @type {number[]} */ ...known) =>
    forged.every((/** @type {any} */ { status }) => known.includes(status));
  const ms = (/** @type {number} */ value) => `${value.toFixed(0)} ms`;
  const isWorst = kind === 'worst';
  const quantiles = (/** @type {number[]} */ of) =>
    `${ms(quantile(of, 0.5))} / ${ms(quantile(of, 0.99))} / ${ms(quantile(of, 1))}`;
  const isPrompt = (/** @type {number[]} */ of) => isWorst || quantile(of, 0.99) <= BOUNDS.acknowledgedP99Ms;
  const lines = [
    ['forged webhooks', statuses(forged), kind === 'secret' ? only(404) : only(202, 503)],
    ['real webhooks', statuses(reals), isWorst || acknowledged.length === reals.length],
    [
      'acknowledged real webhooks applied',
      `${String(applied)} of ${String(acknowledged.length)}`,
      applied === acknowledged.length,
    ],
    ['acknowledgements p50 / p99 / max', quantiles(acknowledgements), isPrompt(acknowledgements)],
    ['all answers p50 / p99 / max', quantiles(times), isPrompt(times)],
    [
      'acknowledgement to logout p50 / max',
      `${ms(quantile(delays, 0.5))} / ${ms(quantile(delays, 1))}`,
      isWorst || quantile(delays, 0.5) <= BOUNDS.logoutMedianMs,
    ],
    [
      'exchanges at Meveto',
      `${String(exchanges.length)} in ${tookSeconds.toFixed(0)} s, at most ${String(mostInASecond(exchanges))} within one`,
      exchanges.length <= (kind === 'secret' ? reals.length : most) &&
        mostInASecond(exchanges) <= BURST * BUDGET_PER_SECOND,
    ],
    ['rows in the inbox', `${String(rows)} more`, kind !== 'secret' || rows === reals.length],
    [
      'resident memory',
      `peak ${peakMiB.toFixed(0)} MiB, grew ${grewMiB.toFixed(0)} MiB`,
      peakMiB <= BOUNDS.peakMiB,
    ],
    ['CPU of the demo', `${(cpuShare * 100).toFixed(0)} % of a core`, true],
    ['load of the machine', load, true],
    ['the demo', demo.isRunning() ? 'runs' : 'ended', demo.isRunning()],
    ...(isWorst ? [['the log names the remedy', '', /secretPath/.test(demo.output())]] : []),
  ];
  console.log(
    `\n${String(rate)} forged webhooks a second for ${String(seconds)} s, case ${kind}, ${database}\n`,
  );
  for (const [what, figure, isMet] of lines) {
    console.log(`${isMet ? 'ok    ' : 'FAILED'} ${String(what).padEnd(38)} ${String(figure)}`);
  }
  return lines.every(([, , isMet]) => isMet) ? 0 : 1;
}
