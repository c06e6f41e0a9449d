import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultHttpAdapter } from '../support/hosts/http-adapters.js';
import { post, rawHttp } from '../support/network/raw-http.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

/** A sender whose webhook is refused before the body has arrived. */
class Sender {
  readonly startedAt = performance.now();
  answer = '';
  error: string | undefined;
  closedAfterMs: number | undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.answer += chunk.toString()));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (this.error = code));
    socket.on('close', () => (this.closedAfterMs = performance.now() - this.startedAt));
  }

  static async of(url: string, announcedBytes: number): Promise<Sender> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const sender = new Sender(socket);
    socket.write(
      'POST /meveto/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n' +
        `Content-Length: ${String(announcedBytes)}\r\n\r\n`,
    );
    await until('an answer', () => sender.answer.includes('\r\n\r\n{') && sender.answer.endsWith('}'));
    return sender;
  }

  get isClosed(): boolean {
    return this.closedAfterMs !== undefined;
  }
}

describe(`a refused body on ${defaultHttpAdapter}`, () => {
  let world: World;
  let host: HostClient;
  const senders: Sender[] = [];
  beforeEach(async () => {
    world = await World.create();
    host = await world.start();
  });
  afterEach(async () => {
    for (const { socket } of senders.splice(0)) socket.destroy();
    await world.end();
  });
  const send = async (announcedBytes = 1_000_000): Promise<Sender> => {
    const sender = await Sender.of(host.url, announcedBytes);
    senders.push(sender);
    return sender;
  };

  it('is read to its end after the answer, so that the sender can finish writing', async () => {
    const sender = await send(40_000);
    expect(sender.answer).toMatch(/^HTTP\/1\.1 415 /);
    expect(sender.answer).toMatch(/\r\nconnection: close\r\n/i);
    for (let sent = 0; sent < 40_000; sent += 10_000) {
      expect(sender.isClosed).toBe(false);
      sender.socket.write(Buffer.alloc(10_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('it closes', () => sender.isClosed);
    expect(sender.error).toBeUndefined();
    expect(sender.closedAfterMs).toBeLessThan(950);
  });

  it('is read up to 64 KiB', async () => {
    const sender = await send();
    sender.socket.write(Buffer.alloc(65_536));
    await until('it closes', () => sender.isClosed);
    expect(sender.closedAfterMs).toBeLessThan(950);
  });

  it('is read for at most one second', async () => {
    const sender = await send();
    sender.socket.write('x');
    await until('it closes', () => sender.isClosed);
    expect(sender.closedAfterMs).toBeGreaterThan(900);
    expect(sender.error).toBeUndefined();
  });

  it('is read on at most 64 connections at once; others are closed, and each place becomes free again', async () => {
    for (const how of ['reset', 'left'] as const) {
      const many = await Promise.all(Array.from({ length: 64 }, () => send()));
      const further = await send();
      expect(further.answer).toMatch(/^HTTP\/1\.1 415 /);
      await until('the closed further connection', () => further.isClosed);
      expect(many.filter(({ isClosed }) => isClosed).length).toBe(0);
      if (how === 'reset') for (const { socket } of many) socket.resetAndDestroy();
      await until('they close', () => many.every(({ isClosed }) => isClosed));
      await until('there is room', async () => {
        const next = await send();
        await until('it closes', () => next.isClosed);
        return (next.closedAfterMs ?? 0) > 900;
      });
    }
  });

  it('keeps its connection open if it has arrived', async () => {
    const [one, two] = [post('/meveto/webhook', '{', []), post('/meveto/webhook', '{}', [])];
    const answer = await rawHttp(host.url, one);
    expect([answer.status, answer.headers['connection']]).toEqual([400, 'keep-alive']);
    const { hostname, port } = new URL(host.url);
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    for (const piece of [...one, ...two]) socket.write(piece);
    await until('two answers', () => received.split('HTTP/1.1 400').length === 3);
    socket.destroy();
  });
});
