import { describe, expect, it, jest } from '@jest/globals';
import type { EndedSessions } from './server-session.js';
import { endSession, renewSession } from './server-session.js';
import type { SessionRequest } from './session-reader.port.js';

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

describe('ending a session', () => {
  it('destroys it in its store', async () => {
    const destroy = calling(null);
    await endSession(requestWith({ destroy }), 'session', 'destroy');
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('leaves it in its store on wish, and off the request', async () => {
    const destroy = calling();
    const request = requestWith({ destroy });
    await endSession(request, 'session', 'keep');
    expect([destroy.mock.calls, request.session]).toEqual([[], null]);
  });

  it('takes it off the request when it has no store', async () => {
    const request = requestWith({});
    await endSession(request, 'session', 'destroy');
    expect(request.session).toBeNull();
  });

  it.each(both)('deletes one that is its cookie: %s', async (ended) => {
    const session = { delete: jest.fn(), destroy: calling() };
    const request = requestWith(session);
    await endSession(request, 'session', ended);
    expect([session.delete.mock.calls.length, request.session]).toEqual([1, session]);
  });

  it.each([
    [new Error('down'), 'down'],
    ['down', 'The session store refused.'],
  ])('says when its store refuses: %s', async (error, message) => {
    await expect(endSession(requestWith({ destroy: calling(error) }), 'session', 'destroy')).rejects.toThrow(
      message,
    );
  });
});

describe('renewing a session', () => {
  it('makes an empty one, and destroys the old one', async () => {
    const regenerate = calling();
    const generate = jest.fn();
    await renewSession(requestWith({ regenerate }, { generate }), 'session', 'destroy');
    expect([regenerate.mock.calls.length, generate.mock.calls.length]).toEqual([1, 0]);
  });

  it('makes an empty one, and leaves the old one in its store on wish', async () => {
    const regenerate = calling();
    const generate = jest.fn();
    const request = requestWith({ regenerate }, { generate });
    await renewSession(request, 'session', 'keep');
    expect([regenerate.mock.calls.length, generate.mock.calls]).toEqual([0, [[request]]]);
  });

  it('empties one that is its cookie', async () => {
    const session = { delete: jest.fn(), regenerate: jest.fn() };
    await renewSession(requestWith(session), 'session', 'destroy');
    expect([session.regenerate.mock.calls, session.delete.mock.calls]).toEqual([[[]], []]);
  });

  it('puts an empty one there where there is nothing else', async () => {
    const request = requestWith({ userId: 7 });
    await renewSession(request, 'session', 'keep');
    expect(request.session).toEqual({});
  });

  it('says when its store refuses', async () => {
    const session = { regenerate: calling(new Error('down')) };
    await expect(renewSession(requestWith(session), 'session', 'destroy')).rejects.toThrow('down');
  });
});
