// Sends webhooks at an even rate. Times are measured from the due time of a request, not from when it could be sent.
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const agents = new Map();
let connectionsPerAddress = 8;

/** Limits the connections from each address. @param {number} perAddress */
export function allowConnections(perAddress) {
  connectionsPerAddress = perAddress;
}

/** Keep-alive connections from one address of this machine. @param {string} localAddress */
function agentOf(localAddress) {
  let agent = agents.get(localAddress);
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, localAddress, maxSockets: connectionsPerAddress, timeout: 30_000 });
    agents.set(localAddress, agent);
  }
  return agent;
}

export function closeConnections() {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
}

/**
 * Sends one webhook. Resolves with its status (0: none) and the time since it was due.
 * @param {string} url @param {string} token @param {string} from @param {number} dueAt of performance.now()
 * @returns {Promise<{ status: number, tookMs: number }>}
 */
export function sendWebhook(url, token, from, dueAt = performance.now()) {
  return new Promise((resolve) => {
    const body = JSON.stringify({ type: 'User_Logged_Out', user_token: token });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const done = (/** @type {number} */ status) => resolve({ status, tookMs: performance.now() - dueAt });
    const sending = request(url, { method: 'POST', headers, agent: agentOf(from) }, (response) => {
      response.resume().on('end', () => done(response.statusCode ?? 0));
      response.on('error', () => done(0));
    });
    sending.setTimeout(30_000, () => sending.destroy());
    sending.on('error', () => done(0)).end(body);
  });
}

/**
 * Calls `send(n, dueAt)` `perSecond` times per second for `seconds`, evenly.
 * @template T
 * @param {number} perSecond @param {number} seconds @param {(n: number, dueAt: number) => Promise<T>} send
 * @returns {Promise<T[]>}
 */
export async function evenly(perSecond, seconds, send) {
  const startedAt = performance.now();
  const sent = [];
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const dueAt = startedAt + (n / perSecond) * 1_000;
    const earlyMs = dueAt - performance.now();
    if (earlyMs > 0) await delay(earlyMs);
    sent.push(send(n, dueAt));
  }
  return Promise.all(sent);
}

/** @param {readonly number[]} values @param {number} share between 0 and 1 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
