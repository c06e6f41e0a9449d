import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import type { SessionFacts } from '../model/session.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { SessionReader } from '../session/session-reader.port.js';
import { EndedSessions } from './ended-sessions.js';
import { SessionJudge } from './session-judge.js';

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
/** Of tokens, which nobody can end. */
class TokenReader extends SessionReader {
  override read() {
    return OVER;
  }
}

function make(...sessions: readonly SessionReader[]): EndedSessions {
  const known = new KnownLogouts();
  known.refreshed(performance.now());
  known.remember({ userId: '7', loggedOutAt: 2_000 });
  const whenLoggedOut = { clearCookies: [{ name: 'sid' }] };
  const options = { sessions, maxSessionAgeMs: 1e6, whenLoggedOut } as unknown as ResolvedOptions;
  return new EndedSessions(new SessionJudge(known, options, new Counters(), { now: () => 5_000 }), options);
}

describe('the sessions of a refused request', () => {
  const warn = jest.fn();
  beforeEach(() => {
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });

  it('are those that are over, and whether one beside them is live', async () => {
    const [over, good, none] = [new StoredReader(OVER), new StoredReader(GOOD), new StoredReader(undefined)];
    expect(await make(over, none).of(request)).toEqual({ over: [over], hasLive: false });
    expect(await make(good, over, none).of(request)).toEqual({ over: [over], hasLive: true });
    expect(await make(none).of(request)).toEqual({ over: [], hasLive: false });
  });

  it('are not those of request.user beside a live one: it may be the live one that would be ended', async () => {
    const [late, good] = [new StoredReader(OVER, true), new StoredReader(GOOD)];
    expect((await make(late).of(request)).over).toEqual([late]);
    expect((await make(late, good).of(request)).over).toEqual([]);
  });

  it('are ended one after the other, also when the store of one fails, which is said', async () => {
    const [broken, other] = [new StoredReader(OVER), new StoredReader(OVER)];
    broken.end.mockImplementation(() => Promise.reject(new Error('the store is down')));
    const token = new TokenReader();
    await make(broken, token, other).end(request, [broken, token, other]);
    expect(other.end).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('could not be removed from its store');
  });

  it('are made nobody’s, if they can be', async () => {
    const stored = new StoredReader(OVER);
    expect(await make(stored).renew(request, [stored])).toBe(true);
    const stays = new StoredReader(OVER);
    stays.renew.mockImplementation(() => undefined);
    expect(await make(stays).renew(request, [stays])).toBe(false);
    const token = new TokenReader();
    expect(await make(token).renew(request, [token])).toBe(false);
    expect(warn).not.toHaveBeenCalled();
  });

  it('stay as they are when their store fails, which is said', async () => {
    const stored = new StoredReader(OVER);
    stored.renew.mockImplementation(() => {
      throw new Error('the store is down');
    });
    expect(await make(stored).renew(request, [stored])).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
