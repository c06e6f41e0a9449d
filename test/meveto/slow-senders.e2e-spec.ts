import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import { bearerToken, MevetoLogoutModule } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { staysTrue, until } from '../support/until.js';

const LATE_MS = 300;

/** Like time-out middleware: answers when the handler is late. */
const impatient = (_request: Request, response: Response, next: NextFunction): void => {
  setTimeout(() => {
    if (!response.headersSent) response.status(503).end('too late');
  }, LATE_MS);
  next();
};

const adapters = {
  express: () => new ExpressAdapter(express().use(impatient)),
  fastify: () => new FastifyAdapter({ handlerTimeout: LATE_MS, forceCloseConnections: true }),
};

describe.each(['express', 'fastify'] as const)('a host on %s with time-out middleware', (kind) => {
  let app: INestApplication;
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => {
    rejections.push(reason);
  };
  beforeEach(async () => {
    rejections.length = 0;
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
    const store = memoryStore();
    const module = MevetoLogoutModule.forRoot({
      clientId: 'client',
      clientSecret: 'a-secret-of-an-impatient-host',
      apiUrl: 'http://127.0.0.1:9',
      session: bearerToken({ verify: () => undefined }),
      store,
    });
    const testing = await Test.createTestingModule({ imports: [module] }).compile();
    app = testing.createNestApplication(adapters[kind](), { logger: false });
    await app.listen(0, '127.0.0.1');
  });
  afterEach(async () => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    await app.close();
  });
  const port = () => (app.getHttpServer() as { address(): { port: number } }).address().port;

  it('does not crash when a sender sends a body slowly', async () => {
    const socket = connect(port(), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    const head =
      'POST /meveto/webhook HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50';
    socket.write(`${head}\r\n\r\n{"type":`);
    await until('the host answers', () => answer.startsWith('HTTP/1.1 503 '));
    // Longer than the deadline of the webhook for a body.
    await until('the connection is closed', () => socket.closed || socket.readableEnded, 10_000);
    socket.destroy();
    expect(rejections).toEqual([]);
  }, 20_000);

  it('continues to accept webhooks', async () => {
    const url = `http://127.0.0.1:${String(port())}/meveto/webhook`;
    const webhook = { type: 'User_Logged_Out', user_token: 'token' };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(webhook) });
    expect(answer.status).toBe(202);
    await staysTrue('nothing is thrown', LATE_MS * 2, () => rejections.length === 0);
  });
});
