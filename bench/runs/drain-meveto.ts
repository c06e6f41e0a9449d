// The simulated Meveto of the measure `drain`, which also sends the webhooks and watches the database for the last commit.
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answer, now } from './child.js';
import { type DatabaseName, observe } from './database.js';
import { mevetoIdOf } from './meveto-id.js';

const EXCHANGE_MS = 20;
const CONNECTIONS = 64;
const POLL_MS = 2;
const PENDING = "SELECT 1 FROM meveto_logout_jobs WHERE state = 'pending' LIMIT 1";
const LIMIT_MS = 120_000;

export type ToMeveto =
  | { readonly ask: 'url' }
  /** Send the webhooks of these users. */
  | { readonly ask: 'send'; readonly url: string; readonly first: number; readonly count: number }
  /** Hold the answers until `drain`. */
  | { readonly ask: 'hold' }
  | {
      readonly ask: 'drain';
      readonly database: { readonly name: DatabaseName; readonly place: string };
      readonly count: number;
    };

export interface FromMeveto {
  readonly url: string;
  /** From the first exchange to the commit of the last outcome. */
  readonly tookMs: number;
}

/** The answers that are held; undefined when answers are not held. */
let waiting: (() => void)[] | undefined;
let answeredCount = 0;

const server = createServer((incoming, response) => {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  response.setHeader('content-type', 'application/json');
  const user = /^job-(\d+)$/.exec(url.searchParams.get('token') ?? '')?.[1];
  if (user === undefined) {
    const payload = { webhooks: [], next: null };
    response.end(JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload }));
    return;
  }
  const send = (): void => {
    answeredCount += 1;
    response.end(
      JSON.stringify({ status: 'Token_User_Retrieved', payload: { user: mevetoIdOf(Number(user)) } }),
    );
  };
  if (waiting === undefined) setTimeout(send, EXCHANGE_MS);
  else waiting.push(send);
});
server.keepAliveTimeout = 60_000;
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

answer(async (question: ToMeveto): Promise<Partial<FromMeveto>> => {
  switch (question.ask) {
    case 'url':
      return { url };
    case 'send':
      await sendAll(question.url, question.first, question.count);
      return {};
    case 'hold':
      waiting = [];
      return {};
    case 'drain':
      return { tookMs: await drain(question) };
  }
});

async function drain({ database, count }: Extract<ToMeveto, { ask: 'drain' }>): Promise<number> {
  const observer = await observe(database);
  try {
    answeredCount = 0;
    const held = waiting ?? [];
    waiting = undefined;
    const startedAt = now();
    for (const send of held) setTimeout(send, EXCHANGE_MS);
    while (answeredCount < count) await untilLate(startedAt);
    // A poll before the last answer would find a pending job, and only disturb.
    while ((await observer.query(PENDING)).length > 0) await untilLate(startedAt);
    if (answeredCount !== count)
      throw new Error(`${String(answeredCount)} exchanges for ${String(count)} jobs`);
    return now() - startedAt;
  } finally {
    await observer.close();
  }
}

async function untilLate(startedAt: number): Promise<void> {
  if (now() - startedAt > LIMIT_MS) throw new Error('The jobs do not finish.');
  await delay(POLL_MS);
}

async function sendAll(to: string, first: number, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = first;
  const sender = async (): Promise<void> => {
    while (next < first + count) await sendWebhook(agent, to, `job-${String(next++)}`);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  agent.destroy();
}

function sendWebhook(agent: Agent, to: string, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ type: 'User_Logged_Out', user_token: token });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    request(`${to}/meveto/webhook`, { method: 'POST', headers, agent }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 202) resolve();
        else reject(new Error(`The webhook was answered with ${String(response.statusCode)}.`));
      });
    })
      .on('error', reject)
      .end(body);
  });
}
