// The load of `npm run soak`, as a process of its own: the simulated Meveto with its webhooks, guarded requests, and pages with
// open sockets.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../measure.js';
import { answer } from '../runs/child.js';
import { mevetoIdOf } from '../runs/meveto-id.js';
import { Pages } from './pages.js';
import { Sender } from './sender.js';

export type ToSoakLoad =
  | { readonly ask: 'meveto' }
  /** Sends as many webhooks as the application takes. */
  | { readonly ask: 'flood'; readonly url: string; readonly users: number; readonly seconds: number }
  /** Starts an even load that lasts until the process ends. Users from `users` on are never logged out. */
  | {
      readonly ask: 'start';
      readonly url: string;
      readonly users: number;
      readonly webhooksPerSecond: number;
      readonly requestsPerSecond: number;
      readonly sockets: number;
    }
  | { readonly ask: 'counts' };

export interface FromSoakLoad {
  readonly url: string;
  readonly acknowledged: number;
  /** Since the last question. */
  readonly counts: {
    readonly webhooks: number;
    readonly ackP50Ms: number;
    readonly ackP99Ms: number;
    readonly requests: number;
    /** Sockets that were told of a logout, and connected again. */
    readonly notified: number;
    readonly openSockets: number;
    readonly failures: readonly string[];
  };
}

const EXCHANGE_MS = 20;
const TICK_MS = 10;

const meveto = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const user = /^soak-\d+-(\d+)$/.exec(url.searchParams.get('token') ?? '')?.[1];
  const body =
    user === undefined
      ? { status: 'Pending_Webhooks_Retrieved', payload: { webhooks: [], next: null } }
      : { status: 'Token_User_Retrieved', payload: { user: mevetoIdOf(Number(user)) } };
  response.setHeader('content-type', 'application/json');
  setTimeout(() => response.end(JSON.stringify(body)), EXCHANGE_MS);
});
meveto.keepAliveTimeout = 60_000;
await new Promise<void>((resolve) => meveto.listen(0, '127.0.0.1', resolve));
const mevetoUrl = `http://127.0.0.1:${String((meveto.address() as AddressInfo).port)}`;

let tokens = 0;
let sender: Sender | undefined;
let pages: Pages | undefined;

const webhook = (to: Sender, users: number, dueAt?: number): Promise<boolean> => {
  tokens += 1;
  return to.webhook(`soak-${String(tokens)}-${String(tokens % users)}`, dueAt);
};

async function flood({ url, users, seconds }: Extract<ToSoakLoad, { ask: 'flood' }>): Promise<number> {
  const to = new Sender(url);
  const endAt = performance.now() + seconds * 1_000;
  let acknowledged = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < endAt) if (await webhook(to, users)) acknowledged += 1;
  };
  await Promise.all(Array.from({ length: 64 }, one));
  to.close();
  return acknowledged;
}

async function start({
  url,
  users,
  webhooksPerSecond,
  requestsPerSecond,
  sockets,
}: Extract<ToSoakLoad, { ask: 'start' }>): Promise<void> {
  const to = (sender = new Sender(url));
  pages = new Pages(url);
  // One half of the pages belongs to users who are logged out again and again, the other half stays.
  for (let n = 0; n < sockets; n += 1) await pages.open(n % 2 === 0 ? n : users + n);
  evenly(webhooksPerSecond, (dueAt) => void webhook(to, users, dueAt));
  evenly(requestsPerSecond, () => void to.guarded(users));
}

function evenly(perSecond: number, send: (dueAt: number) => void): void {
  const startedAt = performance.now();
  let sent = 0;
  setInterval(() => {
    for (; sent < ((performance.now() - startedAt) / 1_000) * perSecond; sent += 1)
      send(startedAt + (sent / perSecond) * 1_000);
  }, TICK_MS);
}

async function counts(): Promise<FromSoakLoad['counts']> {
  if (sender === undefined || pages === undefined) throw new Error('The load has not started.');
  await delay(0);
  const { acknowledgedMs, requests, failures } = sender.take();
  const { notified, lost } = pages.take();
  return {
    webhooks: acknowledgedMs.length,
    ackP50Ms: quantile(acknowledgedMs, 0.5),
    ackP99Ms: quantile(acknowledgedMs, 0.99),
    requests,
    notified,
    openSockets: pages.openCount,
    failures: [...failures, ...Array.from({ length: lost }, () => 'lost socket')],
  };
}

answer(async (question: ToSoakLoad): Promise<Partial<FromSoakLoad>> => {
  switch (question.ask) {
    case 'meveto':
      return { url: mevetoUrl };
    case 'flood':
      return { acknowledged: await flood(question) };
    case 'start':
      await start(question);
      return {};
    case 'counts':
      return { counts: await counts() };
  }
});
