import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import { expressSession } from './express-session-reader.js';
import { requestUser } from './request-user-reader.js';
import { type EndedSessions, endSession, renewSession } from './server-session-reader.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

type Done = (error?: unknown) => void;
type Carrier = SessionRequest & { session: unknown; sessionStore?: unknown };
const requestWith = (session: unknown, sessionStore?: unknown): Carrier => ({
  headers: {},
  session,
  sessionStore,
});
const calling = (error?: unknown) =>
  jest.fn((done: Done) => {
    done(error);
  });
const both: EndedSessions[] = ['destroy', 'keep'];

describe('endSession', () => {
  it('destroys the session in its store', async () => {
    const destroy = calling(null);
    await endSession(requestWith({ destroy }), 'session', 'destroy');
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('keeps the session in its store if asked to, and removes it from the request', async () => {
    const destroy = calling();
    const request = requestWith({ destroy });
    await endSession(request, 'session', 'keep');
    expect([destroy.mock.calls, request.session]).toEqual([[], null]);
  });

  it('removes a session without a store from the request', async () => {
    const request = requestWith({});
    await endSession(request, 'session', 'destroy');
    expect(request.session).toBeNull();
  });

  it.each(both)('deletes a session that is stored in its cookie: %s', async (ended) => {
    const session = { delete: jest.fn(), destroy: calling() };
    const request = requestWith(session);
    await endSession(request, 'session', ended);
    expect([session.delete.mock.calls.length, request.session]).toEqual([1, session]);
  });

  it.each([
    [new Error('down'), 'down'],
    ['down', 'The session store failed.'],
  ])('passes on an error of the store: %s', async (error, message) => {
    await expect(endSession(requestWith({ destroy: calling(error) }), 'session', 'destroy')).rejects.toThrow(
      message,
    );
  });
});

describe('a stored session of express-session', () => {
  type Reader = Pick<SessionReader, 'end' | 'renew'>;
  const AT = 1_800_000_000_000;

  /** An application with this handler, and a browser with a stored session of this application. */
  async function browserOf(handle: (request: SessionRequest) => unknown, unset: 'destroy' | 'keep') {
    const store = new session.MemoryStore();
    const app = express();
    app.use(session({ secret: 's', store, unset, resave: false, saveUninitialized: false, rolling: true }));
    app.post('/login', (request, response) => {
      Object.assign(request.session, { userId: 7, signedInAt: AT });
      response.end();
    });
    app.get('/', async (request, response) => {
      Object.assign(request, { user: { id: 7, signedInAt: AT } });
      await handle(request);
      response.end();
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const login = await fetch(`${url}/login`, { method: 'POST' });
    const cookie = login.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const { headers } = await fetch(url, { headers: { cookie } });
    server.close();
    const stored = JSON.stringify((store as unknown as { sessions: unknown }).sessions);
    return { isStored: stored.includes('\\"userId\\":7'), setCookies: headers.getSetCookie() };
  }

  describe.each<[string, (options: { endedSessions: EndedSessions }) => Reader]>([
    ['expressSession', expressSession],
    ['requestUser', requestUser],
  ])('read by %s', (_name, readerOf) => {
    it.each<['destroy' | 'keep', EndedSessions, boolean]>([
      ['destroy', 'keep', true],
      ['keep', 'keep', true],
      ['destroy', 'destroy', false],
      ['keep', 'destroy', false],
    ])('is kept or destroyed with unset: %s, endedSessions: %s', async (unset, endedSessions, isStored) => {
      const reader = readerOf({ endedSessions });
      const ended = await browserOf((request) => reader.end?.(request), unset);
      expect(ended).toEqual({ isStored, setCookies: [] });
      const renewed = await browserOf((request) => reader.renew?.(request), unset);
      expect(renewed.isStored).toBe(isStored);
    });
  });
});

describe('renewSession', () => {
  it('creates an empty session, and destroys the old one', async () => {
    const regenerate = calling();
    const generate = jest.fn();
    await renewSession(requestWith({ regenerate }, { generate }), 'session', 'destroy');
    expect([regenerate.mock.calls.length, generate.mock.calls.length]).toEqual([1, 0]);
  });

  it('creates an empty session, and keeps the old one in its store if asked to', async () => {
    const regenerate = calling();
    const generate = jest.fn();
    const request = requestWith({ regenerate }, { generate });
    await renewSession(request, 'session', 'keep');
    expect([regenerate.mock.calls.length, generate.mock.calls]).toEqual([0, [[request]]]);
  });

  it('empties a session that is stored in its cookie', async () => {
    const session = { delete: jest.fn(), regenerate: jest.fn() };
    await renewSession(requestWith(session), 'session', 'destroy');
    expect([session.regenerate.mock.calls, session.delete.mock.calls]).toEqual([[[]], []]);
  });

  it('sets an empty session if the library has no method for that', async () => {
    const request = requestWith({ userId: 7 });
    await renewSession(request, 'session', 'keep');
    expect(request.session).toEqual({});
  });

  it('passes on an error of the store', async () => {
    const session = { regenerate: calling(new Error('down')) };
    await expect(renewSession(requestWith(session), 'session', 'destroy')).rejects.toThrow('down');
  });
});
