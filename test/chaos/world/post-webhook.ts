import { request } from 'node:http';
import type { MevetoEvent } from './model-meveto.js';

/** Longer than `acknowledge: 'after-logout'` may take. */
const DEADLINE_MS = 7_000;

/** Posts one webhook on a new connection. Resolves with the status, 0 without an answer. */
export function postWebhook(origin: string, event: MevetoEvent): Promise<number> {
  const body = JSON.stringify({ type: event.type, user_token: event.tokens[0] });
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(
      `${origin}/meveto/webhook`,
      { method: 'POST', headers, agent: false },
      (answer) => {
        answer
          .resume()
          .on('end', () => {
            resolve(answer.statusCode ?? 0);
          })
          .on('error', () => {
            resolve(0);
          });
      },
    );
    outgoing.setTimeout(DEADLINE_MS, () => outgoing.destroy());
    outgoing.on('error', () => {
      resolve(0);
    });
    outgoing.end(body);
  });
}
