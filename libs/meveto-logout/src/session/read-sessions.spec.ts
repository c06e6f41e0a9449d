import { describe, expect, it } from '@jest/globals';
import type { SessionFacts } from '../model/session.js';
import { readSessions } from './read-sessions.js';
import type { SessionReader } from './session-reader.port.js';

const A = { userId: 'a', signedInAt: 1 };
const B = { userId: 'b', signedInAt: 2 };
const request = { headers: {} };
const reader = (facts: SessionFacts | undefined | Promise<SessionFacts | undefined>): SessionReader => ({
  read: () => facts,
});

describe('readSessions', () => {
  it('waits for nothing as long as no reader does', () => {
    expect(readSessions([], request)).toEqual([]);
    expect(readSessions([reader(undefined)], request)).toEqual([]);
    expect(readSessions([reader(A), reader(undefined), reader(B)], request)).toEqual([A, B]);
  });

  it('waits for readers that take their time, and keeps their order', async () => {
    const read = readSessions(
      [reader(Promise.resolve(A)), reader(Promise.resolve(undefined)), reader(B), reader(undefined)],
      request,
    );
    expect(read).toBeInstanceOf(Promise);
    expect(await read).toEqual([A, B]);
  });

  it('waits for anything that can be awaited: a query of a library is no session', async () => {
    const query = {
      then: (take: (facts: SessionFacts) => void) => {
        take(A);
      },
    } as unknown as Promise<SessionFacts>;
    expect(await readSessions([reader(query)], request)).toEqual([A]);
  });

  it('passes on what a reader throws: it is not nobody', async () => {
    const failing = reader(Promise.reject(new Error('the session store is away')));
    await expect(readSessions([reader(A), failing], request)).rejects.toThrow('the session store is away');
  });

  it('waits for nobody once a reader has thrown, and the process goes on whatever the others say', async () => {
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
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
