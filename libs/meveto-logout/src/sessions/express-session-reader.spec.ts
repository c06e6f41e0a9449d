import { describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { expressSession, type ExpressSessionOptions } from './express-session-reader.js';
import { instantOf } from './fact-readers.js';
import type { SessionMiddleware } from './server-session-reader.js';
import type { SessionRequest } from './session-reader.port.js';

const requestWith = (session?: unknown) =>
  ({ headers: {}, session }) as SessionRequest & { session: unknown };
const AT = 1_800_000_000_123;

const warn = linesOf('warn');

describe('expressSession', () => {
  it.each(['7', 7, 7n])('reads the user id %p', (userId) => {
    expect(expressSession().read(requestWith({ userId, signedInAt: AT }))).toEqual({
      userId,
      signedInAt: AT,
    });
  });

  it('reads properties with other names', () => {
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
  ])('finds no session in %j', (session) => {
    expect(expressSession().read(requestWith(session))).toBeUndefined();
  });

  it.each([
    [
      { userId: 'user.id', signedInAt: 'user.since' },
      { user: { id: 7, since: AT }, userId: 8 },
    ],
    [{ userId: 'user.id' }, { 'user.id': undefined, user: { id: 7 }, signedInAt: AT }],
    [{ userId: 'user.id' }, { 'user.id': 7, user: { id: 8 }, signedInAt: AT }],
    [{ userId: 'passport.user' }, { passport: { user: 7 }, signedInAt: AT }],
    [
      {
        userId: ({ ids }: Record<string, unknown>) => (ids as number[])[0],
        signedInAt: (_session: unknown, request: SessionRequest) => Number(request.headers['x-since']),
      },
      { ids: [7] },
    ],
  ])('reads the places that the options name by a path or a function: %p', (options, session) => {
    const request = { headers: { 'x-since': String(AT) }, session } as never;
    expect(expressSession(options).read(request)).toEqual({ userId: 7, signedInAt: AT });
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([{ userId: {} }, { userId: ['7'] }, { userId: true }])(
    'warns once of an unusable user id: %j',
    (session) => {
      const reader = expressSession();
      for (let count = 0; count < 2; count += 1) expect(reader.read(requestWith(session))).toBeUndefined();
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^\[MEVETO_USER_ID_UNUSABLE\] .*expressSession\(\{ userId:/), 'MevetoLogout'],
      ]);
    },
  );

  it.each([{}, { userId: null }, { userId: '' }, { cart: [] }])(
    'does not warn of a visitor’s session: %j',
    (session) => {
      expect(expressSession().read(requestWith(session))).toBeUndefined();
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('finds no session on a request without one', () => {
    expect(expressSession().read({ headers: {} })).toBeUndefined();
  });

  it('reads a session without a start', () => {
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

describe('expressSession, when it ends a session,', () => {
  it('destroys the session in its store', async () => {
    const destroy = jest.fn((done: () => void) => {
      done();
    });
    await expressSession().end?.(requestWith({ userId: 7, destroy }));
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('passes on an error of the store', async () => {
    const refusing = (error: unknown) =>
      requestWith({
        destroy: (done: (error: unknown) => void) => {
          done(error);
        },
      });
    await expect(expressSession().end?.(refusing(new Error('store is away')))).rejects.toThrow(
      'store is away',
    );
    await expect(expressSession().end?.(refusing('no'))).rejects.toThrow('The session store failed.');
    await expect(expressSession().end?.(refusing(null))).resolves.toBeUndefined();
  });

  it('keeps the session in its store if endedSessions is keep, and removes it from the request', async () => {
    const destroy = jest.fn();
    const request = requestWith({ userId: 7, destroy });
    await expressSession({ endedSessions: 'keep' }).end?.(request);
    expect(destroy).not.toHaveBeenCalled();
    expect(request.session).toBeNull();
  });

  it('removes a session without destroy() from the request', async () => {
    const request = requestWith({ userId: 7 });
    await expressSession().end?.(request);
    expect(request.session).toBeNull();
  });
});

describe('expressSession, for a Socket.IO handshake,', () => {
  type Next = (error?: unknown) => void;
  const reading =
    (run: (request: { session?: unknown }, next: Next) => void): SessionMiddleware =>
    (request: { session?: unknown }, _response: object, next: Next) => {
      run(request, next);
    };

  it('reads the session by the application’s middleware', async () => {
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

  it('fails if the middleware sets no session for a cookie, since the store is unavailable', async () => {
    const reader = expressSession({
      middleware: reading((_request, next) => {
        next();
      }),
    });
    const request = { headers: { cookie: 'sid=1' } } as SessionRequest;
    await expect(reader.prepareHandshake?.(request)).rejects.toThrow('The session cannot be read.');
    await expect(reader.prepareHandshake?.(requestWith())).resolves.toBeUndefined();
  });

  it('warns once of a handshake with a cookie if it has no middleware', async () => {
    const reader = expressSession();
    for (let count = 0; count < 2; count += 1)
      await reader.prepareHandshake?.({ headers: { cookie: 'sid=1' } });
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('[MEVETO_HANDSHAKE_WITHOUT_MIDDLEWARE]'), 'MevetoLogout'],
    ]);
  });

  it('does not run the middleware if the request has a session', async () => {
    const run = jest.fn();
    const session = { userId: 7 };
    await expressSession({ middleware: reading(run) }).prepareHandshake?.(requestWith(session));
    expect(run).not.toHaveBeenCalled();
  });

  describe('with a session that the Socket.IO server has already read', () => {
    const stored = (answer: (done: (error: unknown, session?: object | null) => void) => void) => ({
      sessionID: 'id',
      sessionStore: {
        get: (id: string, done: (error: unknown, session?: object | null) => void) => {
          expect(id).toBe('id');
          answer(done);
        },
      },
    });
    const prepared = async (store: object, options: ExpressSessionOptions = {}) => {
      const request = Object.assign(requestWith({ userId: 7, signedInAt: AT }), store);
      const reader = expressSession(options);
      await reader.prepareHandshake?.(request);
      return reader.read(request);
    };

    it.each<[string, ExpressSessionOptions]>([
      ['with a middleware', { middleware: reading(() => undefined) }],
      ['without one', {}],
    ])('reloads the session from its store, %s', async (_how, options) => {
      const bobs = stored((done) => {
        done(null, { userId: 8, signedInAt: AT + 1 });
      });
      expect(await prepared(bobs, options)).toEqual({ userId: 8, signedInAt: AT + 1 });
    });

    it.each([null, undefined])('finds no session if the store has deleted it: %p', async (nothing) => {
      const empty = stored((done) => {
        done(undefined, nothing);
      });
      expect(await prepared(empty)).toBeUndefined();
    });

    it('passes on the error of an unavailable store', async () => {
      const away = stored((done) => {
        done(new Error('store is away'));
      });
      await expect(prepared(away)).rejects.toThrow('store is away');
    });

    it.each([{}, { sessionID: 'id' }, { sessionID: 'id', sessionStore: {} }])(
      'keeps a session without a store: %j',
      async (store) => {
        expect(await prepared(store)).toEqual({ userId: 7, signedInAt: AT });
      },
    );
  });

  it('leaves the request unchanged without a middleware', async () => {
    const request = requestWith();
    await expressSession().prepareHandshake?.(request);
    expect(request.session).toBeUndefined();
  });

  it('passes on an error of the middleware', async () => {
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
