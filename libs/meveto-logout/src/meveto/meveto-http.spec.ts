import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type MevetoAnswer, MevetoHttp } from './meveto-http.js';
import { ownHttpService } from './own-http-service.js';
import type { ResolvedMeveto } from './resolve-meveto.js';
import type { ResolvedInbox } from '../inbox/options.js';

const TIMEOUT_MS = 250;
const BLOCKED_MS = 1_000;
const closing: (() => unknown)[] = [];

function mevetoAt(apiUrl: string, concurrency = 16): MevetoHttp {
  const options = { apiUrl, outbound: {}, concurrency } as ResolvedMeveto & ResolvedInbox;
  const http = new MevetoHttp(ownHttpService(), options, options);
  closing.push(() => {
    http.close();
  });
  return http;
}

const ask = (http: MevetoHttp, signal = new AbortController().signal): Promise<MevetoAnswer> =>
  http.get({ path: '/x', query: { token: 't' }, timeoutMs: TIMEOUT_MS, maxBytes: 1_000, signal });

/** Listens on a free port of 127.0.0.1, and closes all connections at the end. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const urlOf = (port: number, protocol = 'http') => `${protocol}://127.0.0.1:${String(port)}`;

describe('a failed request to Meveto', () => {
  afterEach(() => {
    for (const close of closing.splice(0).reverse()) close();
  });

  it('was not sent when the connection is refused', async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    expect(await ask(mevetoAt(urlOf(port)))).toEqual({
      kind: 'failure',
      reason: 'ECONNREFUSED',
      maybeSent: false,
    });
  });

  it('was not sent when the host name is unknown', async () => {
    const answer = await ask(mevetoAt('https://nobody.invalid'));
    expect(answer).toMatchObject({ kind: 'failure', maybeSent: false });
  });

  it('was not sent when the deadline passes during the TLS handshake', async () => {
    let greetedBytes = 0;
    const silent = createServer((socket) => socket.on('data', (chunk) => (greetedBytes += chunk.length)));
    const port = await listening(silent);
    expect(await ask(mevetoAt(urlOf(port, 'https')))).toEqual({
      kind: 'failure',
      reason: 'timeout',
      maybeSent: false,
    });
    expect(greetedBytes).toBeGreaterThan(0);
  });

  it('was not sent when the connection breaks during the TLS handshake', async () => {
    const rude = createServer((socket) => socket.once('data', () => socket.destroy()));
    const answer = await ask(mevetoAt(urlOf(await listening(rude), 'https')));
    expect(answer).toMatchObject({ kind: 'failure', maybeSent: false });
  });

  it('was not sent when the server’s certificate is not trusted', async () => {
    let seenBytes = 0;
    const server = createTlsServer(selfSigned(), (socket) => {
      socket.on('data', (chunk: Buffer) => (seenBytes += chunk.length)).on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    expect(await ask(mevetoAt(urlOf(await listening(server), 'https')))).toEqual({
      kind: 'failure',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      maybeSent: false,
    });
    expect(seenBytes).toBe(0);
  });

  it('was not sent while the server’s queue of new connections is full', async () => {
    const port = await fullQueue();
    expect(await ask(mevetoAt(urlOf(port)))).toEqual({
      kind: 'failure',
      reason: 'timeout',
      maybeSent: false,
    });
  });

  it('was not sent while it waits for a connection in use', async () => {
    const port = await listening(createServer());
    const http = mevetoAt(urlOf(port), 1);
    const giveUp = new AbortController();
    const [first, second, queued] = [ask(http), ask(http), ask(http, giveUp.signal)];
    setTimeout(() => {
      giveUp.abort();
    }, TIMEOUT_MS / 2);
    expect(await queued).toEqual({ kind: 'failure', reason: 'cancelled', maybeSent: false });
    expect(await first).toMatchObject({ reason: 'timeout', maybeSent: true });
    expect(await second).toMatchObject({ reason: 'timeout', maybeSent: true });
  });

  it('may have been sent when the server accepts the connection and does not answer', async () => {
    const received: string[] = [];
    const hanging = createServer((socket) => socket.on('data', (chunk) => received.push(chunk.toString())));
    expect(await ask(mevetoAt(urlOf(await listening(hanging))))).toEqual({
      kind: 'failure',
      reason: 'timeout',
      maybeSent: true,
    });
    expect(received.join('')).toContain('token=t');
  });

  it('may have been sent when the server reads it and closes the connection', async () => {
    const rude = createServer((socket) => socket.once('data', () => socket.destroy()));
    expect(await ask(mevetoAt(urlOf(await listening(rude))))).toMatchObject({
      kind: 'failure',
      maybeSent: true,
    });
  });

  it('may have been sent when it uses a kept-alive connection that then closes', async () => {
    let requests = 0;
    const server = createHttpServer((request, response) => {
      requests += 1;
      if (requests === 1) response.end('{}');
      else request.socket.destroy();
    });
    const http = mevetoAt(urlOf(await listening(server)));
    expect(await ask(http)).toMatchObject({ kind: 'answer', status: 200 });
    expect(await ask(http)).toMatchObject({ kind: 'failure', maybeSent: true });
    expect(requests).toBe(2);
  });

  it('reports a failure without any part of the request', async () => {
    const answer = await ask(mevetoAt('https://nobody.invalid'));
    expect(Object.keys(answer)).toEqual(['kind', 'reason', 'maybeSent']);
    expect(JSON.stringify(answer)).not.toContain('token');
  });
});

describe('a request whose time ends while the event loop is blocked', () => {
  afterEach(() => {
    for (const close of closing.splice(0).reverse()) close();
  });

  it.each(['deadline', 'stop'])('reads an answer that arrived meanwhile, at the %s', async (end) => {
    const meveto = await otherThread();
    const stopping = new AbortController();
    const timeoutMs = end === 'deadline' ? BLOCKED_MS : 10 * BLOCKED_MS;
    const asked = once(meveto.thread, 'message');
    const endsAt = performance.now() + BLOCKED_MS;
    if (end === 'stop')
      setTimeout(() => {
        stopping.abort();
      }, BLOCKED_MS);
    const answer = mevetoAt(urlOf(meveto.port)).get({
      path: '/x',
      query: {},
      timeoutMs,
      maxBytes: 1_000,
      signal: stopping.signal,
    });
    await asked;
    meveto.answer();
    blockUntil(endsAt + 20);
    expect(await answer).toMatchObject({ kind: 'answer', status: 200, body: '{}' });
  });

  it('is not sent any more', async () => {
    const { port } = await otherThread();
    const answer = ask(mevetoAt(urlOf(port)));
    blockUntil(performance.now() + TIMEOUT_MS + 20);
    expect(await answer).toEqual({ kind: 'failure', reason: 'timeout', maybeSent: false });
  });
});

/** Blocks the event loop, as a commit on a slow disk does. */
function blockUntil(at: number): void {
  while (performance.now() < at);
}

/** A server that answers while this thread is blocked. `answer` blocks until the answer has arrived. */
async function otherThread() {
  const steps = new Int32Array(new SharedArrayBuffer(8));
  const thread = new Worker(ANSWERING_SERVER, { eval: true, workerData: steps });
  closing.push(() => thread.terminate());
  const [port] = (await once(thread, 'message')) as [number];
  const answer = (): void => {
    Atomics.store(steps, 0, 1);
    Atomics.notify(steps, 0);
    expect(Atomics.wait(steps, 1, 0, 5_000)).not.toBe('timed-out');
  };
  return { thread, port, answer };
}

/** Reports a request, waits for the first step, answers, and takes the second step when the answer has left. */
const ANSWERING_SERVER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:http').createServer((request, answer) => {
    parentPort.postMessage('asked');
    Atomics.wait(workerData, 0, 0);
    answer.on('finish', () => {
      Atomics.store(workerData, 1, 1);
      Atomics.notify(workerData, 1);
    });
    answer.end('{}');
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

/** A port whose server has a full accept queue, filled by connections of this test: a SYN gets no answer. */
async function fullQueue(): Promise<number> {
  const server = new Worker(BLOCKED_SERVER, {
    eval: true,
    workerData: new Int32Array(new SharedArrayBuffer(4)),
  });
  closing.push(() => server.terminate());
  const [port] = (await once(server, 'message')) as [number];
  for (let opened = 0; opened < 50; opened += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    closing.push(() => socket.destroy());
    const isOpen = once(socket, 'connect').then(() => true);
    if (!(await Promise.race([isOpen, delay(100, false)]))) return port;
  }
  throw new Error('the queue cannot be filled');
}

/** Listens with the smallest possible queue, and never accepts a connection. */
const BLOCKED_SERVER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(workerData, 0, 0));
  });`;

/** Created for this test; no client trusts this certificate. */
function selfSigned() {
  const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5bT71w3ExwqWp2kM
h96o905RIDNwcVAUGO4lNRIpKEahRANCAAQCCSjYVkCBXTm9a/plsy1R2LU60iFW
OJjKmdMpqd3Oz3N3sLBLTAHL/KVO6mirRlDfE21tHnO3H1xFVB791/7T
-----END PRIVATE KEY-----`;
  const cert = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUVS8QHtq7k7nuBhoG9gQT0QOi1oMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNDE1MTk0MVoYDzIxMjYxMDMx
MTUxOTQxWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQCCSjYVkCBXTm9a/plsy1R2LU60iFWOJjKmdMpqd3Oz3N3sLBLTAHL
/KVO6mirRlDfE21tHnO3H1xFVB791/7To1MwUTAdBgNVHQ4EFgQUvnima4MMltX+
VfIoOtXErofiVf4wHwYDVR0jBBgwFoAUvnima4MMltX+VfIoOtXErofiVf4wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiA2fsB/PPWbNc3W1ywypMY2
Ql5xNUOmOOWkXN/8FGQWbQIhAI12ra0pkPRwrjCuy1cvrzFmKewjcQUZk9UFiDBe
NHuI
-----END CERTIFICATE-----`;
  return { key, cert };
}
