// A fake of Meveto's API: names the person of a real token once, and refuses every other token as invalid.
import { createServer } from 'node:http';

const INVALID = {
  status: 'Invalid_User_Token',
  message: 'The provided user token is not valid.',
  payload: null,
};

/** Starts it on a free port of 127.0.0.1. */
export async function startMeveto() {
  /** @type {Map<string, string>} */
  const issued = new Map();
  /** @type {number[]} when each exchange began, of performance.now() */
  const exchanges = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    /** @type {unknown} */
    let answer = { status: 'Pending_Webhooks_Retrieved', payload: { webhooks: [], next: null } };
    if (url.pathname === '/api/client/user-for-token') {
      exchanges.push(performance.now());
      const token = url.searchParams.get('token') ?? '';
      const user = issued.get(token);
      issued.delete(token);
      answer = user === undefined ? INVALID : { status: 'Token_User_Retrieved', payload: { user } };
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    exchanges,
    /** @param {string} token @param {string} mevetoId */
    issue: (token, mevetoId) => void issued.set(token, mevetoId),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
