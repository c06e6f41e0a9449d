import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MevetoAnswer, MevetoHttp } from './meveto-http.js';
import { ownHttpService } from './own-http-service.js';
import type { ResolvedMeveto } from './resolve-meveto.js';
import type { ResolvedInbox } from '../inbox/options.js';

const KEPT = 4;

describe('idle connections of MevetoHttp', () => {
  /** Connections without answers, as when a firewall has dropped them. */
  const dead = new WeakSet<Socket>();
  const connections = new Set<Socket>();
  let server: Server;
  let http: MevetoHttp;
  beforeEach(async () => {
    server = createServer((request, answer) => {
      connections.add(request.socket);
      if (!dead.has(request.socket)) setTimeout(() => answer.end('{}'), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const options = {
      apiUrl: `http://127.0.0.1:${String(port)}`,
      outbound: {},
      concurrency: 8,
    } as ResolvedMeveto & ResolvedInbox;
    http = new MevetoHttp(ownHttpService(), options, options);
  });
  afterEach(async () => {
    http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    connections.clear();
  });

  const ask = (): Promise<MevetoAnswer> =>
    http.get({
      path: '/',
      query: {},
      timeoutMs: 300,
      maxBytes: 1_000,
      signal: new AbortController().signal,
    });

  it('are reused', async () => {
    await ask();
    await ask();
    expect(connections.size).toBe(1);
  });

  it('are closed after a request on one of them has timed out', async () => {
    await Promise.all(Array.from({ length: KEPT }, ask));
    expect(connections.size).toBe(KEPT);
    for (const socket of connections) dead.add(socket);
    expect(await ask()).toMatchObject({ kind: 'failure', reason: 'timeout', maybeSent: true });
    expect(await ask()).toMatchObject({ kind: 'answer', status: 200 });
  });
});
