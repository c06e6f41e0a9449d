import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogoutUnfinishedError, StoreUnavailableError } from '../errors.js';
import { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { Acknowledgement } from './acknowledgement.js';

const vault = new TokenVault('client', 'new', ['old']);
const digestOf = (token: string) => vault.digestToken(token);
const [SOON, LONG_AGO] = [0, -4_900];

describe('an acknowledgement', () => {
  const unfinished = jest.fn<(digests: readonly string[]) => Promise<string[]>>();
  let events: CallEvents;
  let pending: Set<string>;
  beforeEach(() => {
    pending = new Set();
    events = new CallEvents();
    unfinished.mockReset();
    unfinished.mockImplementation((digests) => Promise.resolve(digests.filter((each) => pending.has(each))));
  });

  function made(options: Partial<ResolvedOptions> = {}): Acknowledgement {
    const store = { inbox: { unfinished } } as unknown as Store;
    const resolved = { acknowledge: 'after-logout', maxWaitingPerLane: 100, ...options } as ResolvedOptions;
    return new Acknowledgement(store, vault, events, resolved);
  }
  /** @param age of the call when it was stored, as a negative number */
  const ready = (acknowledgement: Acknowledgement, token: string, age = SOON) =>
    acknowledgement.ready(new UserToken(token), performance.now() + age);

  it('on receipt is given at once, and asks nobody', async () => {
    pending.add(digestOf('a'));
    await ready(made({ acknowledge: 'on-receipt' }), 'a');
    expect(unfinished).not.toHaveBeenCalled();
  });

  it('of a call that has ended is given at once', async () => {
    const startedAt = performance.now();
    await ready(made(), 'a');
    expect(performance.now() - startedAt).toBeLessThan(120);
  });

  it('is given when the call ends in this process, by whichever key it was digested', async () => {
    const acknowledgement = made();
    const earlier = vault.earlierDigestsOfToken('b')[0] ?? '';
    pending.add(digestOf('a')).add(earlier);
    const given: string[] = [];
    const both = Promise.all(
      ['a', 'b'].map((token) => ready(acknowledgement, token).then(() => given.push(token))),
    );
    await delay(20);
    events.ended('expired');
    events.ended('rejected', digestOf('c'));
    await delay(0);
    expect(given).toEqual([]);
    events.ended('rejected', earlier);
    await delay(0);
    expect(given).toEqual(['b']);
    events.ended('applied', digestOf('a'));
    await both;
  });

  it('is given when the call ends elsewhere, and asks for all calls in one go', async () => {
    const acknowledgement = made();
    const tokens = ['a', 'b', 'c'];
    for (const token of tokens) pending.add(digestOf(token));
    const all = Promise.all(tokens.map((token) => ready(acknowledgement, token)));
    await delay(400);
    const looks = unfinished.mock.calls.length;
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(looks).toBeLessThanOrEqual(5);
    expect(unfinished.mock.calls[0]?.[0]).toHaveLength(6);
    pending.clear();
    await all;
    await delay(200);
    unfinished.mockClear();
    await delay(200);
    expect(unfinished).not.toHaveBeenCalled();
  });

  it('is refused when five seconds are over since the receipt', async () => {
    pending.add(digestOf('a'));
    const startedAt = performance.now();
    await expect(ready(made(), 'a', LONG_AGO)).rejects.toBeInstanceOf(LogoutUnfinishedError);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(90);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('is looked for again when the store was away', async () => {
    unfinished.mockRejectedValueOnce(new StoreUnavailableError('test'));
    await ready(made(), 'a');
    expect(unfinished).toHaveBeenCalledTimes(2);
  });

  it('is refused at once when too many wait, and given again when there is room', async () => {
    const acknowledgement = made({ maxWaitingPerLane: 2 });
    pending.add(digestOf('a')).add(digestOf('b'));
    const both = Promise.all([ready(acknowledgement, 'a'), ready(acknowledgement, 'b')]);
    await expect(ready(acknowledgement, 'c')).rejects.toMatchObject({
      code: 'ERR_MEVETO_LOGOUT_UNFINISHED',
      retryAfterMs: 5_000,
    });
    pending.clear();
    await both;
    await ready(acknowledgement, 'c');
  });
});
