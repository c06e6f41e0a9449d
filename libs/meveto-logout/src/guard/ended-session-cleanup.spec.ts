import { describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import type { SessionFacts } from '../sessions/session.js';
import { Counters } from '../core/counters.js';
import { SessionReader } from '../sessions/session-reader.port.js';
import { EndedSessionCleanup } from './ended-session-cleanup.js';
import { SessionValidator } from '../sessions/session-validator.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import type { ResolvedSessions } from '../sessions/options.js';
import type { ResolvedLogouts } from '../logouts/options.js';
import type { ResolvedGuard } from './options.js';

const OVER = { userId: 7, signedInAt: 1_000 };
const GOOD = { userId: 7, signedInAt: 3_000 };
const request = { headers: {} };

class StoredReader extends SessionReader {
  constructor(
    public facts: SessionFacts | undefined,
    override readonly isLate = false,
  ) {
    super();
  }
  override read() {
    return this.facts;
  }
  override readonly end = jest.fn<() => void | Promise<void>>();
  override readonly renew = jest.fn<() => void | Promise<void>>(() => {
    this.facts = undefined;
  });
}
/** Reads tokens, which have no session to end. */
class TokenReader extends SessionReader {
  override read() {
    return OVER;
  }
}

function make(...sessions: readonly SessionReader[]): EndedSessionCleanup {
  const known = new LogoutCache();
  known.refreshed(performance.now());
  known.remember({ userId: '7', loggedOutAt: 2_000 });
  const whenLoggedOut = { clearCookies: [{ name: 'sid' }] };
  const options = { sessions, maxSessionAgeMs: 1e6, whenLoggedOut } as unknown as ResolvedSessions &
    ResolvedLogouts &
    ResolvedGuard;
  return new EndedSessionCleanup(
    new SessionValidator(known, options, options, new Counters(), { now: () => 5_000 }, NO_AUDIT),
    options,
    options,
    loggedEvents(),
  );
}

describe('EndedSessionCleanup', () => {
  const warn = linesOf('warn');

  it('finds the readers of ended sessions, and whether there is a live session', async () => {
    const [over, good, none] = [new StoredReader(OVER), new StoredReader(GOOD), new StoredReader(undefined)];
    expect(await make(over, none).of(request)).toEqual({ over: [over], hasLive: false });
    expect(await make(good, over, none).of(request)).toEqual({ over: [over], hasLive: true });
    expect(await make(none).of(request)).toEqual({ over: [], hasLive: false });
  });

  it('leaves out request.user beside a live session, since ending it could end the live one', async () => {
    const [late, good] = [new StoredReader(OVER, true), new StoredReader(GOOD)];
    expect((await make(late).of(request)).over).toEqual([late]);
    expect((await make(late, good).of(request)).over).toEqual([]);
  });

  it('ends the sessions one after the other, and warns if a store fails', async () => {
    const [broken, other] = [new StoredReader(OVER), new StoredReader(OVER)];
    broken.end.mockImplementation(() => Promise.reject(new Error('the store is down')));
    const token = new TokenReader();
    await make(broken, token, other).end(request, [broken, token, other]);
    expect(other.end).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(
      '[MEVETO_SESSION_STORE_FAILED] The session store could not remove a session that is over',
    );
  });

  it('replaces ended sessions by empty ones where possible', async () => {
    const stored = new StoredReader(OVER);
    expect(await make(stored).renew(request, [stored])).toBe(true);
    const stays = new StoredReader(OVER);
    stays.renew.mockImplementation(() => undefined);
    expect(await make(stays).renew(request, [stays])).toBe(false);
    const token = new TokenReader();
    expect(await make(token).renew(request, [token])).toBe(false);
    expect(warn).not.toHaveBeenCalled();
  });

  it('returns false and warns if the store fails', async () => {
    const stored = new StoredReader(OVER);
    stored.renew.mockImplementation(() => {
      throw new Error('the store is down');
    });
    expect(await make(stored).renew(request, [stored])).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
