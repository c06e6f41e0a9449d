import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const MEVETO_ID = '7001';
const TOKEN = 'token-of-the-package-check-0001';
const TIMEOUT_MS = 20_000;

export interface RunningApp {
  readonly url: string;
  close(): Promise<unknown>;
}

/** Starts the application with the address of Meveto's API. User 1 has the given Meveto ID. */
export type StartApp = (meveto: { apiUrl: string; mevetoId: string }) => Promise<RunningApp>;

/**
 * Starts the application beside a fake Meveto, then: a login, a page, a logout by Meveto, a refusal, and a new login.
 * @throws {Error} at the first answer that is wrong
 */
export async function journey(start: StartApp): Promise<void> {
  const exchanged: string[] = [];
  const meveto = await fakeMeveto(exchanged);
  try {
    const app = await start({ apiUrl: urlOf(meveto), mevetoId: MEVETO_ID });
    try {
      await travel(app.url, exchanged);
    } finally {
      await app.close();
    }
  } finally {
    meveto.closeAllConnections();
    meveto.close();
  }
}

async function travel(url: string, exchanged: readonly string[]): Promise<void> {
  expectStatus('a page without a login', await page(url, ''), 404);
  const cookie = await logIn(url);
  expectStatus('the page after the login', await page(url, cookie), 200);
  expectStatus("the browser's script", (await fetch(`${url}/meveto/client.js`)).status, 200);
  const webhook = await fetch(`${url}/meveto/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'User_Logged_Out', user_token: TOKEN }),
  });
  expectStatus('the webhook', webhook.status, 202);
  const latest = Date.now() + TIMEOUT_MS;
  while ((await page(url, cookie)) === 200) {
    if (Date.now() > latest) throw new Error('The page is still open after the logout.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expectStatus('the page after the logout', await page(url, cookie), 401);
  if (exchanged.join() !== TOKEN) throw new Error(`Meveto was asked for: ${exchanged.join(', ')}.`);
  expectStatus('the page after a new login', await page(url, await logIn(url)), 200);
}

async function logIn(url: string): Promise<string> {
  const response = await fetch(`${url}/login`, { method: 'POST' });
  expectStatus('the login', response.status, 200);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

async function page(url: string, cookie: string): Promise<number> {
  return (await fetch(`${url}/page`, { headers: { cookie, accept: 'application/json' } })).status;
}

function expectStatus(what: string, status: number, expected: number): void {
  if (status !== expected)
    throw new Error(`Status of ${what}: ${String(status)} instead of ${String(expected)}.`);
}

/** Answers the exchange of a token and the list of pending webhooks, as Meveto does. */
async function fakeMeveto(exchanged: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://meveto.test');
    response.setHeader('content-type', 'application/json');
    if (pathname === '/api/client/user-for-token') {
      exchanged.push(searchParams.get('token') ?? '');
      response.end(JSON.stringify({ status: 'Token_User_Retrieved', payload: { user: MEVETO_ID } }));
    } else {
      response.end(
        JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload: { webhooks: [], next: null } }),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const urlOf = (server: Server): string =>
  `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
