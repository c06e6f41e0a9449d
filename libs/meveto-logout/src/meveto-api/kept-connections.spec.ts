import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { HttpService } from '@nestjs/axios';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { type MevetoAnswer, MevetoHttp } from './meveto-http.js';

const KEPT = 4;

describe('the connections that MevetoHttp keeps', () => {
  /** Connections that answer no more, as after a firewall forgot them. */
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
      exchange: { concurrency: 8 },
    };
    http = new MevetoHttp(new HttpService(), options as ResolvedOptions);
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

  it('are used again', async () => {
    await ask();
    await ask();
    expect(connections.size).toBe(1);
  });

  it('are trusted no more after one of them has timed out', async () => {
    await Promise.all(Array.from({ length: KEPT }, ask));
    expect(connections.size).toBe(KEPT);
    for (const socket of connections) dead.add(socket);
    expect(await ask()).toMatchObject({ kind: 'failure', reason: 'timeout', maybeSent: true });
    expect(await ask()).toMatchObject({ kind: 'answer', status: 200 });
  });
});
