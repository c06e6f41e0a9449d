// `npm run sockets -- --count 10000`: that many open sockets, each of a user of its own, on one process; then a logout of
// one user by a webhook, and of 1,000 and all but 500 others as another replica's, which this one learns of all at once. Prints what came of it and ends with 1 when a bound is broken.
// Build the library first: `npm run build:lib`. Everything stays on this machine's loopback addresses.
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
/** Those who must not notice anything. */
const STAYING = Math.min(500, Math.floor(count / 10));
const PROCESSES = 4;
/** The module's default is 400 pages a second, and a quarter of a second's worth at once. */
const LOGINS_IN_ANY_SECOND = 700;
/** Of P9: from the first told to the last, with all the browsers on the same cores. */
const TOLD_WITHIN_MS = 1_000;
/** From the first told to the last disconnected: the sockets are of no use any more, and the guard refuses long since. */
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
    if (howMany === 1) await call(url, gone);
    else await ask(host, { first: gone, count: howMany });
    gone += howMany;
    const told = [];
    const logins = [];
    const ends = [];
    let open = count;
    for (let tries = 0; tries < 200 && (logins.length < howMany || open > count - gone); tries += 1) {
      await delay(300);
      open = 0;
      for (const client of clients) {
        const part = await ask(client);
        told.push(...part.told);
        logins.push(...part.loginsAt);
        ends.push(...part.goneAt);
        open += part.open;
        if (part.lost.length > 0)
          faults.push(`lost without having been told: ${String(part.lost.slice(0, 5))}`);
      }
    }
    const [first, last] = [Math.min(...told), Math.max(...told)];
    const peak = mostWithin(1_000, logins);
    console.log(
      `${what}: told after ${ms(first - startedAt)}, the last ${ms(last - first)} later; the last disconnected after ` +
        `${ms(Math.max(...ends) - first)}; the login page is asked for ` +
        `within ${ms(Math.max(...logins) - first)}, at most ${String(peak)} times in any second; ${String(open)} stay. ` +
        `CPU of the process: ${ms((await ask(host)).cpuMs - cpuMs)}.`,
    );
    if (told.length !== howMany) faults.push(`${what}: ${String(told.length)} were told`);
    if (open !== count - gone)
      faults.push(`${what}: ${String(open)} sockets are open, not ${String(count - gone)}`);
    if (last - first > TOLD_WITHIN_MS)
      faults.push(`${what}: the last was told ${ms(last - first)} after the first`);
    if (Math.max(...ends) - first > GONE_WITHIN_MS)
      faults.push(
        `${what}: the last was disconnected ${ms(Math.max(...ends) - first)} after the first was told`,
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
  if (parts.some(({ lost, told }) => lost.length + told.length > 0))
    faults.push('somebody noticed who must not');
} finally {
  for (const child of children) child.kill();
  meveto.stop();
}
for (const fault of new Set(faults)) console.error(`FAULT ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);

/** Meveto's call for this user. */
async function call(/** @type {string} */ url, /** @type {number} */ user) {
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
