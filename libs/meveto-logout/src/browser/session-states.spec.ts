import { describe, expect, it } from '@jest/globals';
import type { SessionJudge } from '../guard/session-judge.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { SessionReader } from '../session/session-reader.port.js';
import { SessionStates } from './session-states.js';

/** Of a store that may be away. */
class StoreReader extends SessionReader {
  isAway = false;
  override read() {
    return undefined;
  }
  override isUnreadable(): boolean {
    return this.isAway;
  }
}
/** Of what guards of the application know. */
class LateReader extends SessionReader {
  override readonly isLate = true;
  override read() {
    return undefined;
  }
}

describe('what a page without a session is told', () => {
  const stored = new StoreReader();
  const statesOf = (...sessions: SessionReader[]) =>
    new SessionStates({} as SessionJudge, new TokenVault('client', 'secret'), {
      sessions,
    } as unknown as ResolvedOptions);
  const request = { headers: { cookie: 'a=b' } };

  it('is that it has none, or that only the application’s guards may know', async () => {
    stored.isAway = false;
    expect(await statesOf(stored).of(request)).toMatchObject({ status: 401 });
    expect(await statesOf(stored, new LateReader()).of(request)).toMatchObject({
      body: { state: 'unknown' },
    });
  });

  it('is to come again while the store of sessions is away, whoever else may know', async () => {
    stored.isAway = true;
    for (const states of [
      statesOf(stored),
      statesOf(stored, new LateReader()),
      statesOf(new LateReader(), stored),
    ])
      expect(await states.of(request)).toMatchObject({ status: 503 });
  });
});

describe('the session that a page is told', () => {
  it('is the same for one person, by whichever and however many of their sessions, and another for others', async () => {
    const judge = { judge: () => undefined } as unknown as SessionJudge;
    const sessionOf = async (...users: readonly (string | number)[]) => {
      const sessions = users.map((userId) => ({ read: () => ({ userId, signedInAt: 1 }) }));
      const options = { sessions } as unknown as ResolvedOptions;
      const states = new SessionStates(judge, new TokenVault('client', 'secret'), options);
      const { body } = await states.of({ headers: { cookie: 'a=b' } });
      return (body as { session: string }).session;
    };
    const own = await sessionOf(7);
    expect(await sessionOf('7', 7)).toBe(own);
    expect(await sessionOf(8, 7)).toBe(await sessionOf(7, 8, 7));
    expect(new Set([own, await sessionOf(8), await sessionOf(7, 8)]).size).toBe(3);
  });
});
