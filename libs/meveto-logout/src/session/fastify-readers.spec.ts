import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { fastifySecureSession, type FastifySecureSessionOptions } from './fastify-secure-session-reader.js';
import { fastifySession } from './fastify-session-reader.js';
import type { SessionRequest } from './session-reader.port.js';

type Done = (error?: unknown) => void;
const FACTS = { userId: 7, signedInAt: 1_800_000_000_000 };
const parseCookie = (header: string) =>
  Object.fromEntries(header.split('; ').map((pair) => pair.split('=') as [string, string]));
const requestWith = (cookie?: string, more: object = {}): SessionRequest => ({
  headers: cookie === undefined ? {} : { cookie },
  ...more,
});

const warn = jest.fn();
beforeEach(() => {
  warn.mockClear();
  Logger.overrideLogger({ log: warn, error: warn, warn });
});
afterEach(() => {
  Logger.overrideLogger(['error']);
});

describe('a handshake with a session of @fastify/session', () => {
  const serverWith = (error?: unknown) => ({
    parseCookie,
    decryptSession: jest.fn((id: string, request: object, done: Done) => {
      if (id === 'known') Object.assign(request, { session: FACTS });
      done(error);
    }),
  });

  it.each([
    ['sessionId=known', {}],
    ['a=b; sid=known', { cookieName: 'sid' }],
    ['sessionId=s:known', { cookiePrefix: 's:' }],
  ])('is read: %s %j', async (cookie, options) => {
    const reader = fastifySession(options);
    const request = requestWith(cookie);
    await reader.prepareHandshake?.(request, serverWith());
    expect(reader.read(request)).toEqual(FACTS);
  });

  it.each([
    ['sessionId=unknown', {}],
    ['other=known', {}],
    ['sessionId=known', { cookiePrefix: 's:' }],
    [undefined, {}],
  ])('is nobody’s: %s %j', async (cookie, options) => {
    const reader = fastifySession(options);
    const request = requestWith(cookie);
    await reader.prepareHandshake?.(request, serverWith());
    expect(reader.read(request)).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it('is not read twice', async () => {
    const server = serverWith();
    await fastifySession().prepareHandshake?.(requestWith('sessionId=known', { session: {} }), server);
    expect(server.decryptSession).not.toHaveBeenCalled();
  });

  it.each([
    [new Error('down'), 'down'],
    ['down', 'The session cannot be read.'],
  ])('cannot be read when its store is not there: %s', async (error, message) => {
    const prepared = fastifySession().prepareHandshake?.(requestWith('sessionId=known'), serverWith(error));
    await expect(prepared).rejects.toThrow(message);
  });

  it.each([undefined, null, {}, { parseCookie }, 'server'])(
    'warns once without the plugin: %j',
    async (server) => {
      const reader = fastifySession();
      for (let i = 0; i < 2; i += 1) await reader.prepareHandshake?.(requestWith('sessionId=known'), server);
      expect(warn).toHaveBeenCalledTimes(1);
    },
  );
});

describe('a handshake with a session of @fastify/secure-session', () => {
  const server = {
    log: 'the log',
    parseCookie,
    unsignCookie: (value: string) => ({
      valid: value.endsWith('.signed'),
      value: value.split('.')[0] ?? null,
    }),
    decodeSecureSession: jest.fn((cookie: string, log: unknown, name: string) =>
      cookie === 'good' && log === 'the log' ? { ...FACTS, name } : null,
    ),
  };

  it.each<[string, FastifySecureSessionOptions]>([
    ['session=good', {}],
    ['session=good.signed', {}],
    ['mine=good', { sessionName: 'mine' }],
    ['c=good', { sessionName: 'mine', cookieName: 'c' }],
  ])('is read: %s %j', async (cookie, options) => {
    const reader = fastifySecureSession(options);
    const request = requestWith(cookie);
    await reader.prepareHandshake?.(request, server);
    expect(reader.read(request)).toEqual(FACTS);
    expect(request).toMatchObject({
      [options.sessionName ?? 'session']: { name: options.sessionName ?? 'session' },
    });
  });

  it.each(['session=bad', 'session=good.forged', 'other=good', undefined])(
    'is nobody’s: %s',
    async (cookie) => {
      const reader = fastifySecureSession();
      const request = requestWith(cookie);
      await reader.prepareHandshake?.(request, server);
      expect(reader.read(request)).toBeUndefined();
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('warns once without the plugin', async () => {
    const reader = fastifySecureSession();
    for (const missing of [undefined, null, {}, { parseCookie }])
      await reader.prepareHandshake?.(requestWith('session=good'), missing);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
