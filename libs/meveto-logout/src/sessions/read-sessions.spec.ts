import { describe, expect, it } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import type { SessionFacts } from './session.js';
import { readSessions } from './read-sessions.js';
import type { SessionReader } from './session-reader.port.js';
import { staysTrue } from '../../spec-support/until.js';

const A = { userId: 'a', signedInAt: 1 };
const B = { userId: 'b', signedInAt: 2 };
const request = { headers: {} };
const reader = (facts: SessionFacts | undefined | Promise<SessionFacts | undefined>): SessionReader => ({
  read: () => facts,
});

describe('readSessions', () => {
  const warn = linesOf('warn');

  it('is synchronous if all readers are', () => {
    expect(readSessions([], request)).toEqual([]);
    expect(readSessions([reader(undefined)], request)).toEqual([]);
    expect(readSessions([reader(A), reader(undefined), reader(B)], request)).toEqual([A, B]);
  });

  it('awaits asynchronous readers, and keeps their order', async () => {
    const read = readSessions(
      [reader(Promise.resolve(A)), reader(Promise.resolve(undefined)), reader(B), reader(undefined)],
      request,
    );
    expect(read).toBeInstanceOf(Promise);
    expect(await read).toEqual([A, B]);
  });

  it('awaits any thenable: a library’s query object is not a session', async () => {
    const query = {
      then: (take: (facts: SessionFacts) => void) => {
        take(A);
      },
    } as unknown as Promise<SessionFacts>;
    expect(await readSessions([reader(query)], request)).toEqual([A]);
  });

  it('passes on the error of a reader', async () => {
    const failing = reader(Promise.reject(new Error('the session store is away')));
    await expect(readSessions([reader(A), failing], request)).rejects.toThrow('the session store is away');
  });

  it('throws at once if a reader throws, and ignores later rejections of the others', async () => {
    const late = Promise.reject(new Error('the store of tokens is away'));
    const thrower: SessionReader = {
      read: () => {
        throw new Error('the session store is away');
      },
    };
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      expect(() => readSessions([reader(A), reader(late), thrower], request)).toThrow('the session store');
      await staysTrue('no rejection is unhandled', 20, () => unhandled.length === 0);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it.each([
    { id: 7 },
    { userId: undefined, signedInAt: 1 },
    { userId: { id: 7 } },
    { userId: ['7'] },
    { userId: Number.NaN },
    { userId: '' },
    true,
  ])('ignores %p, with one warning per reader', async (given) => {
    const facts = given as unknown as SessionFacts;
    for (const one of [reader(facts), reader(Promise.resolve(facts))]) {
      warn.mockClear();
      for (let count = 0; count < 2; count += 1)
        expect(await readSessions([one, reader(A)], request)).toEqual([A]);
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(/^\[MEVETO_SESSION_UNUSABLE\] .*Return \{ userId, signedInAt \}/),
          'MevetoLogout',
        ],
      ]);
    }
  });

  it('treats null as no session', async () => {
    const nothing = null as unknown as undefined;
    expect(readSessions([reader(nothing), reader(A)], request)).toEqual([A]);
    expect(await readSessions([reader(Promise.resolve(nothing)), reader(A)], request)).toEqual([A]);
  });

  describe('with readers of tokens', () => {
    const facts = (userId: string | number, signedInAt?: number) => ({ userId, signedInAt });
    const tokens = (...found: readonly SessionFacts[]): SessionReader => ({
      readsTokens: true,
      read: () => found,
    });

    it('leaves out tokens older than another token of the same user, of any reader', () => {
      const read = readSessions([tokens(facts(7, 1)), tokens(facts('7', 2), facts(8, 1))], request);
      expect(read).toEqual([facts('7', 2), facts(8, 1)]);
    });

    it('keeps all sessions of other readers', () => {
      expect(readSessions([reader(facts(7, 1)), tokens(facts(7, 2))], request)).toHaveLength(2);
      expect(readSessions([reader(facts(7, 2)), tokens(facts(7, 1))], request)).toHaveLength(2);
      const several: SessionReader = { read: () => [facts(7, 1), facts(7, 2)] };
      expect(readSessions([several], request)).toHaveLength(2);
    });

    it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY])('keeps a token with the start %p', (start) => {
      expect(readSessions([tokens(facts(7, start), facts(7, 2))], request)).toHaveLength(2);
    });
  });
});
