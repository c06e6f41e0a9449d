// `npm run sockets -- --count 10000`: opens this many sockets, each of a different user, on one process. Then logs
// out one user by a webhook, and first 1,000 and then all but 500 others as another replica, whose logouts arrive all
// at once. Prints the results and exits with 1 if a bound is exceeded. Build the library first: `npm run build:lib`.
// Everything stays on this machine's loopback addresses.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startMeveto } from './flood-meveto.mjs';

const { values } = parseArgs({ options: { count: { type: 'string', default: '10000' } } });
const count = Number(values.count);
if (!Number.isInteger(count) || count < 100 || count > 15_000) throw new Error('--count: 100 to 15000.');
const MANY = Math.min(1_000, Math.floor(count / 10));
/** Number of users who must not be affected. */
const STAYING = Math.min(500, Math.floor(count / 10));
const PROCESSES = 4;
/** The module's default is 400 pages per second, after a burst of a quarter of a second. */
const LOGINS_IN_ANY_SECOND = 700;
/** Bound of P9: from the first notified socket to the last, with all browsers on the same cores. */
const NOTIFIED_WITHIN_MS = 1_000;
/** Bound from the first notified socket to the last disconnected one. The guard already refuses the sessions. */
const GONE_WITHIN_MS = 5_000;

const meveto = await startMeveto();
const start = (/** @type {string} */ file, /** @type {Record<string, string>} */ env) =>
  fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: ['--expose-gc'],
  });
/** @param {import('node:child_process').ChildProcess} child @param {object} message */
const ask = async (child, message = {}) => {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0];
};

const faults = /** @type {string[]} */ ([]);
const host = start('./sockets-host.mjs', { MEVETO_API_URL: meveto.url });
const children = [host];
try {
  const [{ url: listening }] = await once(host, 'message');
  const url = listening.replace('[::1]', '127.0.0.1');
  await ask(host);
  const before = await ask(host);
  const share = Math.ceil(count / PROCESSES);
  const clients = [];
  for (let first = 0; first < count; first += share) {
    const client = start('./sockets-clients.mjs', {
      HOST_URL: url,
      FIRST: String(first),
      COUNT: String(Math.min(share, count - first)),
    });
    children.push(client);
    clients.push(client);
    const [answer] = await once(client, 'message');
    if (answer.ready !== true) throw new Error('The sockets could not be opened.');
  }
  await delay(1_000);
  const after = await ask(host);
  console.log(
    `${cpus()[0]?.model ?? ''}, ${String(cpus().length)} cores, load ${String(loadavg().map((x) => x.toFixed(1)))}`,
  );
  console.log(
    `${String(count)} sockets open. Memory per socket: heap ${kB(after.heapUsed - before.heapUsed)} kB, ` +
      `resident ${kB(after.rss - before.rss)} kB; the process has ${String(Math.round(after.rss / 2 ** 20))} MiB.`,
  );

  let gone = 0;
  const logOut = async (/** @type {string} */ what, /** @type {number} */ howMany) => {
    const { cpuMs } = await ask(host);
    const startedAt = performance.timeOrigin + performance.now();
    if (howMany === 1) await sendWebhook(url, gone);
    else await ask(host, { first: gone, count: howMany });
    gone += howMany;
    const notified = [];
    const logins = [];
    const ends = [];
    let open = count;
    for (let tries = 0; tries < 200 && (logins.length < howMany || open > count - gone); tries += 1) {
      await delay(300);
      open = 0;
      for (const client of clients) {
        const part = await ask(client);
        notified.push(...part.notified);
        logins.push(...part.loginsAt);
        ends.push(...part.goneAt);
        open += part.open;
        if (part.lost.length > 0) faults.push(`lost without notification: ${String(part.lost.slice(0, 5))}`);
      }
    }
    const [first, last] = [Math.min(...notified), Math.max(...notified)];
    const peak = mostWithin(1_000, logins);
    console.log(
      `${what}: first notified after ${ms(first - startedAt)}, the last ${ms(last - first)} later; the last disconnected after ` +
        `${ms(Math.max(...ends) - first)}; the login page is requested ` +
        `within ${ms(Math.max(...logins) - first)}, at most ${String(peak)} times in any second; ${String(open)} stay. ` +
        `CPU of the process: ${ms((await ask(host)).cpuMs - cpuMs)}.`,
    );
    if (notified.length !== howMany) faults.push(`${what}: ${String(notified.length)} were notified`);
    if (open !== count - gone)
      faults.push(`${what}: ${String(open)} sockets are open, not ${String(count - gone)}`);
    if (last - first > NOTIFIED_WITHIN_MS)
      faults.push(`${what}: the last was notified ${ms(last - first)} after the first`);
    if (Math.max(...ends) - first > GONE_WITHIN_MS)
      faults.push(
        `${what}: the last was disconnected ${ms(Math.max(...ends) - first)} after the first was notified`,
      );
    if (ends.length !== howMany) faults.push(`${what}: ${String(ends.length)} were disconnected`);
    if (peak > LOGINS_IN_ANY_SECOND) faults.push(`${what}: ${String(peak)} login pages in one second`);
  };
  await logOut('One user', 1);
  await logOut(`${String(MANY)} users at once`, MANY);
  await delay(3_000);
  await logOut(`All but ${String(STAYING)} at once`, count - gone - STAYING);
  await delay(3_000);
  const parts = [];
  for (const client of clients) parts.push(await ask(client));
  const staying = parts.reduce((sum, part) => sum + part.open, 0);
  if (staying !== STAYING)
    faults.push(`three seconds later ${String(staying)} are open, not ${String(STAYING)}`);
  if (parts.some(({ lost, notified }) => lost.length + notified.length > 0))
    faults.push('an unaffected user was disconnected');
} finally {
  for (const child of children) child.kill();
  meveto.stop();
}
for (const fault of new Set(faults)) console.error(`FAULT ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);

/** Sends Meveto's webhook for this user. */
async function sendWebhook(/** @type {string} */ url, /** @type {number} */ user) {
  const token = `token-of-user-${String(user)}`;
  meveto.issue(token, `meveto-user${String(user)}`);
  const response = await fetch(`${url}/meveto/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'User_Logged_Out', user_token: token }),
  });
  if (response.status >= 300) throw new Error(`webhook: ${String(response.status)}`);
}

/** @param {number} windowMs @param {number[]} instants */
function mostWithin(windowMs, instants) {
  const sorted = instants.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to += 1) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function kB(/** @type {number} */ bytes) {
  return (bytes / count / 1_000).toFixed(1);
}

function ms(/** @type {number | undefined} */ value) {
  return `${String(Math.round(value ?? NaN))} ms`;
}
