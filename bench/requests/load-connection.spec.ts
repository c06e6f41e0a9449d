import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LoadConnection, requestsOf } from './load-connection.js';

const ANSWER = 'HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\nContent-Length: 5\r\n\r\nhello';

let server: Server | undefined;
let socket: Socket | undefined;

/** Opens a connection to a server that does this with each request. */
async function open(onRequest: (socket: Socket) => void): Promise<LoadConnection> {
  const listening = createServer((accepted) => {
    socket = accepted;
    accepted.on('data', () => {
      onRequest(accepted);
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return LoadConnection.open({ port, method: 'GET', path: '/', expectedStatus: 202 });
}

describe('LoadConnection', () => {
  afterEach(() => {
    socket?.destroy();
    server?.close();
  });

  it('reads answers that arrive as a whole, one after the other', async () => {
    const connection = await open((accepted) => accepted.write(ANSWER));
    await connection.send('GET');
    await expect(connection.send('GET')).resolves.toBeUndefined();
  });

  it('waits for the last byte of an answer that arrives in parts', async () => {
    let accepted: Socket | undefined;
    const connection = await open((one) => (accepted = one).write(ANSWER.slice(0, -1)));
    let isOver = false;
    const sent = connection.send('GET').then(() => (isOver = true));
    while (accepted === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    // The last byte is sent in a later turn of the event loop, so the first part is read alone.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isOver).toBe(false);
    accepted.write('o');
    await expect(sent).resolves.toBe(true);
  });

  it.each([
    ['another status', ANSWER.replace('202', '503')],
    ['no length', ANSWER.replace('Content-Length: 5', 'x: y')],
  ])('refuses an answer with %s', async (_what, answer) => {
    const connection = await open((accepted) => accepted.write(answer));
    await expect(connection.send('GET')).rejects.toThrow('Expected HTTP/1.1 202');
  });

  it('fails when the server closes the connection', async () => {
    const connection = await open((accepted) => accepted.destroy());
    await expect(connection.send('GET')).rejects.toThrow();
  });
});

describe('requestsOf', () => {
  const target = { port: 80, method: 'POST', path: '/webhook', expectedStatus: 202 } as const;

  it('gives each webhook a token of its own, and the right length', () => {
    const next = requestsOf({ ...target, isWebhook: true });
    const bodies = [next(), next()].map((request) => {
      const [head = '', body = ''] = request.split('\r\n\r\n');
      expect(head).toContain(`Content-Length: ${String(Buffer.byteLength(body))}`);
      return JSON.parse(body) as { user_token: string };
    });
    expect(bodies.map(({ user_token }) => user_token.length)).toEqual([48, 48]);
    expect(bodies[0]).not.toEqual(bodies[1]);
  });

  it('uses the cookies in turn', () => {
    const next = requestsOf({ ...target, method: 'GET', cookies: ['a=1', 'b=2'] });
    const cookies = [next(), next(), next()].map((request) => /Cookie: (.*)\r/.exec(request)?.[1]);
    expect(new Set(cookies)).toEqual(new Set(['a=1', 'b=2']));
    expect(cookies[0]).toBe(cookies[2]);
  });
});
