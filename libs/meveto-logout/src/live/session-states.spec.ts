import { describe, expect, it } from '@jest/globals';
import type { SessionValidator } from '../sessions/session-validator.js';
import { StoreUnavailableError } from '../store/errors.js';
import { type NamingKey, UserNames } from '../core/user-names.js';
import { SessionReader } from '../sessions/session-reader.port.js';
import { SessionStates } from './session-states.js';
import type { ResolvedSessions } from '../sessions/options.js';

/** Names with the key that `namingKey` gives. */
const namesBy = (namingKey: NamingKey): UserNames => new UserNames('client', namingKey);
const names = namesBy(() => Promise.resolve(Buffer.alloc(32, 7)));

/** Reads from a store that may not answer. */
class StoreReader extends SessionReader {
  isAway = false;
  override read() {
    return undefined;
  }
  override isUnreadable(): boolean {
    return this.isAway;
  }
}
/** Reads what guards of the application set. */
class LateReader extends SessionReader {
  override readonly isLate = true;
  override read() {
    return undefined;
  }
}

describe('SessionStates for a page without a session', () => {
  const stored = new StoreReader();
  const statesOf = (...sessions: SessionReader[]) =>
    new SessionStates({} as SessionValidator, names, {
      sessions,
    } as unknown as ResolvedSessions);
  const request = { headers: { cookie: 'a=b' } };

  it('answers that there is no session, or that only the application’s guards can find one', async () => {
    stored.isAway = false;
    expect(await statesOf(stored).of(request)).toMatchObject({ status: 401 });
    expect(await statesOf(stored, new LateReader()).of(request)).toMatchObject({
      body: { state: 'unknown' },
    });
  });

  it('asks the page to retry while the session store does not answer, also beside other readers', async () => {
    stored.isAway = true;
    for (const states of [
      statesOf(stored),
      statesOf(stored, new LateReader()),
      statesOf(new LateReader(), stored),
    ])
      expect(await states.of(request)).toMatchObject({ status: 503 });
  });
});

describe('SessionStates for a page with a session', () => {
  it('returns the same name for all sessions of one user, and another name for another user', async () => {
    const validator = { validate: () => undefined } as unknown as SessionValidator;
    const sessionOf = async (...users: readonly (string | number)[]) => {
      const sessions = users.map((userId) => ({ read: () => ({ userId, signedInAt: 1 }) }));
      const options = { sessions } as unknown as ResolvedSessions;
      const states = new SessionStates(validator, names, options);
      const { body } = await states.of({ headers: { cookie: 'a=b' } });
      return (body as { session: string }).session;
    };
    const own = await sessionOf(7);
    expect(await sessionOf('7', 7)).toBe(own);
    expect(await sessionOf(8, 7)).toBe(await sessionOf(7, 8, 7));
    expect(new Set([own, await sessionOf(8), await sessionOf(7, 8)]).size).toBe(3);
  });

  it('asks the page to retry while the name cannot be made, and then returns the name', async () => {
    let isAway = true;
    const own = namesBy((fresh) =>
      isAway ? Promise.reject(new StoreUnavailableError('read a key')) : Promise.resolve(fresh),
    );
    const validator = { validate: () => undefined } as unknown as SessionValidator;
    const reader = { read: () => ({ userId: 7, signedInAt: 1 }) };
    const states = new SessionStates(validator, own, { sessions: [reader] } as unknown as ResolvedSessions);
    const request = { headers: { cookie: 'a=b' } };
    await own.prepare();
    expect(await states.of(request)).toMatchObject({ status: 503, body: { reason: 'logout-state-unknown' } });
    isAway = false;
    const first = await states.of(request);
    expect(first).toMatchObject({ status: 200, body: { state: 'live', signedInAt: 1 } });
    expect(await states.of(request)).toEqual(first);
  });
});
