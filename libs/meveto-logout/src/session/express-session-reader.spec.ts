import { describe, expect, it, jest } from '@jest/globals';
import { expressSession } from './express-session-reader.js';
import { instantOf } from './instant.js';
import type { SessionMiddleware } from './run-middleware.js';
import type { SessionRequest } from './session-reader.port.js';

const requestWith = (session?: unknown) =>
  ({ headers: {}, session }) as SessionRequest & { session: unknown };
const AT = 1_800_000_000_123;

describe('a session of express-session', () => {
  it.each(['7', 7, 7n])('says whose it is: %p', (userId) => {
    expect(expressSession().read(requestWith({ userId, signedInAt: AT }))).toEqual({
      userId,
      signedInAt: AT,
    });
  });

  it('may name its properties differently', () => {
    const reader = expressSession({ userId: 'uid', signedInAt: 'since' });
    expect(reader.read(requestWith({ uid: 'a', since: AT, userId: 'b', signedInAt: 1 }))).toEqual({
      userId: 'a',
      signedInAt: AT,
    });
  });

  it.each([
    undefined,
    null,
    {},
    { userId: undefined },
    { userId: null },
    { userId: {} },
    { userId: ['7'] },
    { userId: true },
    { signedInAt: AT },
  ])('is nobody’s: %j', (session) => {
    expect(expressSession().read(requestWith(session))).toBeUndefined();
  });

  it('is nobody’s where there are no sessions', () => {
    expect(expressSession().read({ headers: {} })).toBeUndefined();
  });

  it('of somebody without a start says so', () => {
    expect(expressSession().read(requestWith({ userId: 7 }))).toEqual({ userId: 7, signedInAt: undefined });
  });
});

describe('instantOf', () => {
  it.each([
    [AT, AT],
    [String(AT), AT],
    [new Date(AT), AT],
    [new Date(AT).toISOString(), AT],
    [JSON.parse(JSON.stringify(new Date(AT))), AT],
    ['2026-01-02T03:04:05+02:00', Date.UTC(2026, 0, 2, 1, 4, 5)],
    ['yesterday', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
    [{}, undefined],
    [true, undefined],
    [123n, undefined],
  ])('reads %p as %p', (value, expected) => {
    expect(instantOf(value)).toBe(expected);
  });
});

describe('ending a session of express-session', () => {
  it('destroys it in its store', async () => {
    const destroy = jest.fn((done: () => void) => {
      done();
    });
    await expressSession().end?.(requestWith({ userId: 7, destroy }));
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('says when its store refuses', async () => {
    const refusing = (error: unknown) =>
      requestWith({
        destroy: (done: (error: unknown) => void) => {
          done(error);
        },
      });
    await expect(expressSession().end?.(refusing(new Error('store is away')))).rejects.toThrow(
      'store is away',
    );
    await expect(expressSession().end?.(refusing('no'))).rejects.toThrow('The session store refused.');
    await expect(expressSession().end?.(refusing(null))).resolves.toBeUndefined();
  });

  it('keeps it if that is wanted, and saves nothing more with this request', async () => {
    const destroy = jest.fn();
    const request = requestWith({ userId: 7, destroy });
    await expressSession({ endedSessions: 'keep' }).end?.(request);
    expect(destroy).not.toHaveBeenCalled();
    expect(request.session).toBeNull();
  });

  it('takes it from the request when it cannot be destroyed', async () => {
    const request = requestWith({ userId: 7 });
    await expressSession().end?.(request);
    expect(request.session).toBeNull();
  });
});

describe('the session of a Socket.IO handshake', () => {
  type Next = (error?: unknown) => void;
  const reading =
    (run: (request: { session?: unknown }, next: Next) => void): SessionMiddleware =>
    (request: { session?: unknown }, _response: object, next: Next) => {
      run(request, next);
    };

  it('is read by the application’s own middleware', async () => {
    const reader = expressSession({
      middleware: reading((request, next) => {
        request.session = { userId: 7, signedInAt: AT };
        next();
      }),
    });
    const request = requestWith();
    await reader.prepareHandshake?.(request);
    expect(reader.read(request)).toEqual({ userId: 7, signedInAt: AT });
  });

  it('cannot be read when the middleware gives none to a cookie: its store is away', async () => {
    const reader = expressSession({
      middleware: reading((_request, next) => {
        next();
      }),
    });
    const request = { headers: { cookie: 'sid=1' } } as SessionRequest;
    await expect(reader.prepareHandshake?.(request)).rejects.toThrow('The session cannot be read.');
    await expect(reader.prepareHandshake?.(requestWith())).resolves.toBeUndefined();
  });

  it('is not read twice', async () => {
    const run = jest.fn();
    const session = { userId: 7 };
    await expressSession({ middleware: reading(run) }).prepareHandshake?.(requestWith(session));
    expect(run).not.toHaveBeenCalled();
  });

  it('is left alone without a middleware', async () => {
    const request = requestWith();
    await expressSession().prepareHandshake?.(request);
    expect(request.session).toBeUndefined();
  });

  it('cannot be read when the middleware fails', async () => {
    const failing = (error: unknown) =>
      expressSession({
        middleware: reading((_request, next) => {
          next(error);
        }),
      });
    await expect(failing(new Error('store is away')).prepareHandshake?.(requestWith())).rejects.toThrow(
      'store is away',
    );
    await expect(failing('no').prepareHandshake?.(requestWith())).rejects.toThrow(
      'The session cannot be read.',
    );
  });
});
