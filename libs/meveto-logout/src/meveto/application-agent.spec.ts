import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TunnelAgent, TunnelProxy } from '../../spec-support/tunnel.js';
import { type MevetoAnswer, MevetoHttp } from './meveto-http.js';
import { ownHttpService } from './own-http-service.js';
import type { ResolvedMeveto } from './resolve-meveto.js';
import type { ResolvedInbox } from '../inbox/options.js';

describe('a request through an agent of the application', () => {
  let proxy: TunnelProxy;
  let agent: TunnelAgent;
  let meveto: Server;
  let http: MevetoHttp;
  /** How the server of Meveto treats a request. */
  let serve: 'answer' | 'hang' | 'break';
  let served: number;

  beforeEach(async () => {
    served = 0;
    serve = 'answer';
    meveto = createServer((request, answer) => {
      served += 1;
      if (serve === 'answer') answer.end('{}');
      if (serve === 'break') request.socket.destroy();
    });
    await new Promise<void>((resolve) => meveto.listen(0, '127.0.0.1', resolve));
    proxy = await TunnelProxy.start();
    agent = new TunnelAgent(proxy.url);
    const apiUrl = `http://127.0.0.1:${String((meveto.address() as AddressInfo).port)}`;
    const options = { apiUrl, outbound: { agent }, concurrency: 4 } as unknown as ResolvedMeveto &
      ResolvedInbox;
    http = new MevetoHttp(ownHttpService(), options, options);
  });
  afterEach(() => {
    http.close();
    agent.destroy();
    proxy.stop();
    meveto.closeAllConnections();
    meveto.close();
  });

  const ask = (): Promise<MevetoAnswer> =>
    http.get({
      path: '/x',
      query: { token: 't' },
      timeoutMs: 300,
      maxBytes: 1_000,
      signal: new AbortController().signal,
    });

  it('goes through the proxy, over a connection that the agent keeps', async () => {
    expect(await ask()).toMatchObject({ kind: 'answer', status: 200 });
    expect(await ask()).toMatchObject({ kind: 'answer', status: 200 });
    expect(proxy.tunnels).toHaveLength(1);
    expect(served).toBe(2);
  });

  it('was not sent when the agent cannot connect', async () => {
    proxy.stop();
    expect(await ask()).toEqual({ kind: 'failure', reason: 'ECONNREFUSED', maybeSent: false });
  });

  it('was not sent when the proxy refuses the tunnel', async () => {
    proxy.refusal = 407;
    expect(await ask()).toEqual({ kind: 'failure', reason: 'no-answer', maybeSent: false });
    expect(served).toBe(0);
  });

  it.each(['hang', 'break'] as const)('may have been sent when it reaches Meveto: %s', async (how) => {
    serve = how;
    expect(await ask()).toMatchObject({ kind: 'failure', maybeSent: true });
    expect(served).toBe(1);
  });

  it('may have been sent over a kept tunnel that then breaks', async () => {
    await ask();
    serve = 'break';
    expect(await ask()).toMatchObject({ kind: 'failure', maybeSent: true });
  });

  it('may have been sent once the agent has returned a connection, in any state of that connection', async () => {
    // Like a wrapped connection: reports a handshake that never ends, while it carries bytes.
    const open = agent.createConnection.bind(agent);
    agent.createConnection = (options, done) =>
      open(options, (error, stream) => {
        Object.assign(stream, { encrypted: true, secureConnecting: true });
        done(error, stream);
      });
    serve = 'hang';
    expect(await ask()).toEqual({ kind: 'failure', reason: 'timeout', maybeSent: true });
    expect(served).toBe(1);
  });

  it('leaves the agent open when MevetoHttp is closed', async () => {
    await ask();
    http.close();
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  });
});
