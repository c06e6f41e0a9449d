import { describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
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

const warn = linesOf('warn');

describe('fastifySession, for a handshake,', () => {
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
  ])('reads the session of the cookie %s with %j', async (cookie, options) => {
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
  ])('finds no session for the cookie %s with %j', async (cookie, options) => {
    const reader = fastifySession(options);
    const request = requestWith(cookie);
    await reader.prepareHandshake?.(request, serverWith());
    expect(reader.read(request)).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not read the session if the request has one', async () => {
    const server = serverWith();
    await fastifySession().prepareHandshake?.(requestWith('sessionId=known', { session: {} }), server);
    expect(server.decryptSession).not.toHaveBeenCalled();
  });

  it.each([
    [new Error('down'), 'down'],
    ['down', 'The session cannot be read.'],
  ])('passes on an error of the store: %s', async (error, message) => {
    const prepared = fastifySession().prepareHandshake?.(requestWith('sessionId=known'), serverWith(error));
    await expect(prepared).rejects.toThrow(message);
  });

  it.each([undefined, null, {}, { parseCookie }, 'server'])(
    'warns once if the server has no plugin: %j',
    async (server) => {
      const reader = fastifySession();
      for (let i = 0; i < 2; i += 1) await reader.prepareHandshake?.(requestWith('sessionId=known'), server);
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^\[MEVETO_HANDSHAKE_WITHOUT_PLUGIN\] .* @fastify\/session /), 'MevetoLogout'],
      ]);
    },
  );
});

describe('fastifySecureSession, for a handshake,', () => {
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
  ])('reads the session of the cookie %s with %j', async (cookie, options) => {
    const reader = fastifySecureSession(options);
    const request = requestWith(cookie);
    await reader.prepareHandshake?.(request, server);
    expect(reader.read(request)).toEqual(FACTS);
    expect(request).toMatchObject({
      [options.sessionName ?? 'session']: { name: options.sessionName ?? 'session' },
    });
  });

  it.each(['session=bad', 'session=good.forged', 'other=good', undefined])(
    'finds no session for the cookie %s',
    async (cookie) => {
      const reader = fastifySecureSession();
      const request = requestWith(cookie);
      await reader.prepareHandshake?.(request, server);
      expect(reader.read(request)).toBeUndefined();
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('warns once if the server has no plugin', async () => {
    const reader = fastifySecureSession();
    for (const missing of [undefined, null, {}, { parseCookie }])
      await reader.prepareHandshake?.(requestWith('session=good'), missing);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/^\[MEVETO_HANDSHAKE_WITHOUT_PLUGIN\] .* @fastify\/secure-session /),
        'MevetoLogout',
      ],
    ]);
  });
});
