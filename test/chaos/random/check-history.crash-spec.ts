import { describe, expect, it } from '@jest/globals';
import type { Row } from '../world/chaos-database.js';
import type { Exchange, MevetoEvent } from '../world/model-meveto.js';
import { checkHistory, SHUTDOWN_TIMEOUT_MS } from './check-history.js';
import type { Death, History } from './history.js';

const AT = 1_000_000;
const event = (facts: Partial<MevetoEvent> = {}): MevetoEvent => ({
  id: 'event-1',
  type: 'User_Logged_Out',
  mevetoId: 'm-1',
  createdAt: AT,
  tokens: ['t'],
  acknowledgedAt: AT + 50,
  lastTriedAt: AT + 50,
  tries: 1,
  ...facts,
});
const exchange = (facts: Partial<Exchange> = {}): Exchange => ({
  token: 't',
  caller: 'replica-0',
  beganAt: AT + 60,
  askedAt: AT + 59,
  endedAt: AT + 80,
  outcome: 'person',
  fault: 'none',
  isDelivered: true,
  ...facts,
});
const row = (facts: Row = {}): Row => ({
  id: 'row',
  state: 'applied',
  reason: null,
  sealed: null,
  attempts: 1,
  occurred_at: AT + 20,
  ...facts,
});
const death = (facts: Partial<Death> = {}): Death => ({
  caller: 'replica-0',
  at: AT + 90,
  goneAt: AT + 91,
  signal: 'SIGKILL',
  recoveryMs: undefined,
  ...facts,
});

type Facts = Partial<History> & { readonly row?: Row | undefined };

function rulesOf(facts: Facts): string[] {
  const lastLoggedOut = facts.row?.['state'] === 'applied' ? facts.row['occurred_at'] : null;
  const history: History = {
    events: [event()],
    exchanges: [exchange()],
    deaths: [],
    acknowledge: 'on-receipt',
    tokenStorage: 'sealed',
    listedSince: undefined,
    rowsByDigest: new Map(facts.row === undefined ? [] : [['digest-t', facts.row]]),
    users: [{ id: 1, meveto_id: 'm-1', last_logged_out: lastLoggedOut }],
    digestOf: (token) => `digest-${token}`,
    knownPeople: new Set(['m-1']),
    ...facts,
  };
  return checkHistory(history).map(({ rule }) => rule);
}

describe('checkHistory', () => {
  it('finds no violation in a correct history', () => {
    expect(rulesOf({ row: row() })).toEqual([]);
  });

  it.each(['rejected', 'expired', 'unknown_user'])(
    'reports a real webhook with the outcome %s as lost',
    (state) => {
      expect(rulesOf({ row: row({ state }) })).toEqual(['silent loss']);
    },
  );

  it('reports a missing webhook if it was acknowledged, and not otherwise', () => {
    expect(rulesOf({ exchanges: [] })).toEqual(['silent loss']);
    expect(rulesOf({ exchanges: [], events: [event({ acknowledgedAt: undefined })] })).toEqual([]);
  });

  it.each(['applied', 'ambiguous'])(
    'reports a job that is %s although its token was never consumed',
    (state) => {
      expect(rulesOf({ row: row({ state }), exchanges: [] })).toContain(
        state === 'applied' ? 'wrong outcome' : 'silent loss',
      );
    },
  );

  it('accepts an ambiguous job whose answer was lost, or got lost with its process', () => {
    const end = (facts: Partial<History>) => rulesOf({ row: row({ state: 'ambiguous' }), ...facts });
    expect(end({ exchanges: [exchange({ isDelivered: false, fault: 'lose-answer' })] })).toEqual([]);
    expect(end({ deaths: [death()] })).toEqual([]);
    expect(end({ exchanges: [exchange({ endedAt: AT + 760 })] })).toEqual([]);
    expect(end({ exchanges: [exchange({ askedAt: AT - 571 })] })).toEqual([]);
    expect(end({ exchanges: [exchange({ askedAt: AT - 569 })] })).toEqual(['needless doubt']);
    expect(end({})).toEqual(['needless doubt']);
    expect(end({ deaths: [death({ caller: 'replica-1' })] })).toEqual(['needless doubt']);
    expect(end({ deaths: [death({ signal: 'SIGTERM' })] })).toEqual(['needless doubt']);
    expect(end({ deaths: [death({ at: AT + 5_000, goneAt: AT + 5_001 })] })).toEqual(['needless doubt']);
  });

  it('accepts a lost answer of a graceful stop whose time was over', () => {
    const stoppedIn = (ms: number) =>
      rulesOf({
        row: row({ state: 'ambiguous' }),
        deaths: [death({ signal: 'SIGTERM', goneAt: AT + 90 + ms })],
      });
    expect(stoppedIn(SHUTDOWN_TIMEOUT_MS)).toEqual([]);
    expect(stoppedIn(SHUTDOWN_TIMEOUT_MS - 1)).toEqual(['needless doubt']);
  });

  it('accepts an ambiguous job whose token was in the memory of a process that died', () => {
    const lost = row({ state: 'ambiguous', reason: 'token-lost', finished_at: AT + 1_200 });
    const end = (facts: Facts) =>
      rulesOf({ row: lost, exchanges: [], tokenStorage: 'none', deaths: [death()], ...facts });
    expect(end({})).toEqual([]);
    expect(end({ events: [event({ mevetoId: undefined })] })).toEqual([]);
    expect(end({ tokenStorage: 'sealed' })).toEqual(['silent loss']);
    expect(end({ deaths: [] })).toEqual(['silent loss']);
    expect(end({ deaths: [death({ at: AT + 2_000, goneAt: AT + 2_001 })] })).toEqual(['silent loss']);
    expect(end({ deaths: [death({ at: AT - 20, goneAt: AT - 19 })] })).toEqual(['silent loss']);
    expect(end({ exchanges: [exchange()], deaths: [death({ caller: 'replica-1' })] })).toEqual([
      'needless doubt',
    ]);
    expect(end({ row: row({ state: 'ambiguous', reason: 'other' }) })).toEqual(['silent loss']);
  });

  it('reports a forbidden acknowledgement before the outcome, until the list reopens jobs', () => {
    const end = (facts: Facts) =>
      rulesOf({ row: row({ finished_at: AT + 60 }), acknowledge: 'after-logout', ...facts });
    expect(end({})).toEqual(['early acknowledgement']);
    expect(end({ row: row({ finished_at: AT + 50 }) })).toEqual([]);
    expect(end({ row: row({ finished_at: null }) })).toEqual(['early acknowledgement']);
    expect(end({ acknowledge: 'on-receipt' })).toEqual([]);
    expect(end({ listedSince: AT })).toEqual([]);
    expect(end({ events: [event({ acknowledgedAt: undefined })] })).toEqual([]);
  });

  it('accepts an ambiguous forged webhook only after several attempts, and never an applied one', () => {
    const events = [event({ mevetoId: undefined })];
    const exchanges = [exchange({ outcome: 'invalid' })];
    const end = (facts: Row) => rulesOf({ events, exchanges, row: row(facts) });
    expect(end({ state: 'rejected' })).toEqual([]);
    expect(end({ state: 'ambiguous', attempts: 2 })).toEqual([]);
    expect(end({ state: 'ambiguous' })).toEqual(['wrong outcome']);
    expect(end({ state: 'applied' })).toContain('wrong outcome');
  });

  it('accepts a second exchange of a token only after a kill in between', () => {
    const exchanges = [
      exchange(),
      exchange({ beganAt: AT + 2_000, endedAt: AT + 2_010, outcome: 'invalid' }),
    ];
    const asked = (deaths: readonly Death[]) =>
      rulesOf({ exchanges, deaths, row: row({ state: 'ambiguous' }) });
    expect(asked([death()])).toEqual([]);
    const wrong = ['needless doubt', 'double exchange'];
    expect(asked([])).toEqual(wrong);
    expect(asked([death({ signal: 'SIGTERM' })])).toEqual(wrong);
    expect(asked([death({ caller: 'replica-1' })])).toEqual(wrong);
    expect(asked([death({ at: AT + 2_500, goneAt: AT + 2_501 })])).toEqual(['double exchange']);
  });

  it('accepts a second exchange after a lost answer, or when the list contains a refused webhook', () => {
    const later = exchange({ beganAt: AT + 2_000, outcome: 'invalid' });
    const ambiguous = row({ state: 'ambiguous' });
    const lost = exchange({ isDelivered: false, fault: 'lose-answer' });
    expect(rulesOf({ exchanges: [lost, later], row: ambiguous })).toEqual([]);
    const listed = exchange({ beganAt: AT + 9_000, outcome: 'invalid' });
    expect(rulesOf({ exchanges: [lost, later, listed], row: ambiguous, listedSince: AT + 8_000 })).toEqual(
      [],
    );
    expect(rulesOf({ exchanges: [lost, later, listed], row: ambiguous })).toEqual(['double exchange']);
  });

  it('reports unfinished jobs, and tokens that were not erased', () => {
    expect(rulesOf({ row: row({ state: 'pending', sealed: 'x' }) })).toEqual(
      expect.arrayContaining(['unfinished', 'sealed']),
    );
  });

  it.each([AT - 10, AT + 60])('reports a logout that is not recorded at its receipt: %d', (occurred_at) => {
    expect(rulesOf({ row: row({ occurred_at }) })).toEqual(['wrong time']);
  });

  it('accepts a logout that is recorded soon after Meveto’s last attempt, which got no acknowledgement', () => {
    const end = (occurred_at: number) =>
      rulesOf({ row: row({ occurred_at }), events: [event({ acknowledgedAt: undefined })] });
    expect(end(AT + 9_000)).toEqual([]);
    expect(end(AT + 11_000)).toEqual(['wrong time']);
  });

  it('reports a user whose last logout is not that of the latest webhook', () => {
    const users = [{ id: 1, meveto_id: 'm-1', last_logged_out: AT + 10 }];
    expect(rulesOf({ row: row(), users })).toEqual(['wrong time']);
  });

  it('reports rows without a webhook', () => {
    const rowsByDigest = new Map([
      ['digest-t', row()],
      ['digest-x', row({ state: 'rejected' })],
    ]);
    expect(rulesOf({ row: row(), rowsByDigest })).toEqual(['wrong outcome']);
  });
});
