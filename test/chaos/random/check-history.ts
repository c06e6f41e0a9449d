import type { Row } from '../world/chaos-database.js';
import type { Exchange, MevetoEvent } from '../world/model-meveto.js';
import type { History } from './history.js';

/** What the application recorded and Meveto's side does not bear out. */
export interface Violation {
  readonly rule: 'silent loss' | 'wrong end' | 'double exchange' | 'unfinished' | 'sealed' | 'wrong time';
  readonly about: string;
}

/** Databases and processes round the same clock to milliseconds in their own ways. */
const ROUNDING_MS = 2;
/** An answer in hand is written down in this time, or the process died. */
const SETTLES_WITHIN_MS = 3_000;
/** A request that was on its way when its process died is seen this much later. */
const SEEN_LATE_MS = 200;
/** A process gives an answer up after its own deadline, of which Meveto knows nothing. */
const MAYBE_GIVEN_UP_MS = 650;

/** Holds every record against what Meveto saw. An empty list: nothing went missing, nothing happened twice. */
export function checkHistory(history: History): Violation[] {
  const exchanges = byToken(history.exchanges);
  return [
    ...history.events.flatMap((event) => endOf(event, history, exchanges)),
    ...[...exchanges.values()].flatMap((ofToken) => askedAgain(ofToken, history)),
    ...history.users.flatMap((user) => timeOf(user, history)),
    ...[...history.rowsByDigest.values()].flatMap(leftOver),
    ...strangers(history),
  ];
}

function byToken(exchanges: readonly Exchange[]): Map<string, Exchange[]> {
  const groups = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const group = groups.get(exchange.token);
    if (group === undefined) groups.set(exchange.token, [exchange]);
    else group.push(exchange);
  }
  return groups;
}

const rowsOf = (event: MevetoEvent, { rowsByDigest, digestOf }: History): Row[] =>
  event.tokens.map((token) => rowsByDigest.get(digestOf(token))).filter((row) => row !== undefined);

function endOf(
  event: MevetoEvent,
  history: History,
  exchanges: ReadonlyMap<string, readonly Exchange[]>,
): Violation[] {
  const rows = rowsOf(event, history);
  const about = `${event.id} (${event.type}, ${event.mevetoId ?? 'forged'})`;
  const [row] = rows;
  if (row === undefined) {
    if (event.acknowledgedAt === undefined) return [];
    return [{ rule: 'silent loss', about: `${about} was acknowledged and is not recorded` }];
  }
  if (rows.length > 1)
    return [{ rule: 'double exchange', about: `${about} has ${String(rows.length)} rows` }];
  const state = String(row['state']);
  const named = event.tokens.some((token) => isNamed(exchanges.get(token)));
  if (mayEnd(event, state, named, row, history)) return [];
  const isLoss = event.mevetoId !== undefined && state !== 'applied';
  return [
    {
      rule: isLoss ? 'silent loss' : 'wrong end',
      about: `${about} ended ${state} (${String(row['reason'])}), Meveto ${named ? 'named' : 'did not name'} the person`,
    },
  ];
}

const isNamed = (ofToken: readonly Exchange[] | undefined): boolean =>
  ofToken?.some(({ outcome }) => outcome === 'person') ?? false;

/** Whether a call may have ended like this. */
function mayEnd(event: MevetoEvent, state: string, named: boolean, row: Row, history: History): boolean {
  if (event.mevetoId === undefined) {
    // A refusal after an attempt of unknown outcome: nobody but Meveto can tell it from a token that was used up.
    return state === 'rejected' || (state === 'ambiguous' && Number(row['attempts']) > 1);
  }
  if (!named) return false;
  const settled = history.knownPeople.has(event.mevetoId) ? 'applied' : 'unknown_user';
  return state === settled || state === 'ambiguous';
}

/**
 * A token is asked about again only when the answer was lost, or died with the process that had it; or when the pending
 * list names a call that was refused.
 */
function askedAgain(ofToken: readonly Exchange[], { deaths, listedSince = Infinity }: History): Violation[] {
  return ofToken.slice(1).flatMap((later, index) => {
    const earlier = ofToken[index];
    if (earlier === undefined || !earlier.isDelivered || earlier.fault !== 'none') return [];
    if (earlier.outcome === 'invalid' && later.beganAt >= listedSince) return [];
    const answeredAt = earlier.endedAt ?? earlier.beganAt;
    if (answeredAt - earlier.beganAt > MAYBE_GIVEN_UP_MS) return [];
    // A graceful stop waits for answers and writes them down: only a kill excuses.
    const ends = deaths.filter(({ caller, signal }) => caller === earlier.caller && signal === 'SIGKILL');
    const until = Math.min(later.beganAt, answeredAt + SETTLES_WITHIN_MS);
    if (ends.some(({ at, goneAt }) => goneAt >= earlier.beganAt - SEEN_LATE_MS && at <= until)) return [];
    return [
      {
        rule: 'double exchange',
        about: `${earlier.token.slice(0, 16)} was answered ${earlier.outcome}, and asked about again: ${JSON.stringify(
          {
            earlier: [earlier.beganAt, answeredAt],
            again: later.beganAt,
            deaths: ends.filter(({ at }) => Math.abs(at - answeredAt) < 3_000),
          },
        )}`,
      },
    ];
  });
}

/** `last_logged_out` is the latest time of receipt of the calls that were applied to this user. */
function timeOf(user: Row, history: History): Violation[] {
  const id = String(user['id']);
  const violations: Violation[] = [];
  const times: number[] = [];
  for (const event of history.events) {
    if (event.mevetoId !== `m-${id}`) continue;
    const [row] = rowsOf(event, history);
    if (row?.['state'] !== 'applied') continue;
    if (event.type === 'User_Logged_Out') {
      const at = Number(row['occurred_at']);
      times.push(at);
      violations.push(...receiptOf(event, at));
    } else if (user['meveto_id'] !== null) {
      violations.push({ rule: 'wrong end', about: `user ${id} is still linked` });
    }
  }
  const recorded = Number(user['last_logged_out'] ?? 0);
  const expected = Math.max(0, ...times);
  if (recorded !== expected) {
    violations.push({
      rule: 'wrong time',
      about: `user ${id}: last_logged_out is ${String(recorded)}, expected ${String(expected)}`,
    });
  }
  return violations;
}

function receiptOf(event: MevetoEvent, at: number): Violation[] {
  const latest = event.acknowledgedAt ?? event.lastTriedAt ?? event.createdAt;
  if (at >= event.createdAt - ROUNDING_MS && at <= latest + ROUNDING_MS) return [];
  return [{ rule: 'wrong time', about: `${event.id} is recorded as received at ${String(at)}` }];
}

function leftOver(row: Row): Violation[] {
  const about = `row ${String(row['id'])}, ${String(row['state'])}`;
  return [
    ...(row['state'] === 'pending' ? [{ rule: 'unfinished', about } as const] : []),
    ...(row['sealed'] !== null ? [{ rule: 'sealed', about } as const] : []),
  ];
}

/** Rows that nobody sent. */
function strangers({ events, rowsByDigest, digestOf }: History): Violation[] {
  const sent = new Set(events.flatMap(({ tokens }) => tokens.map(digestOf)));
  return [...rowsByDigest.keys()]
    .filter((digest) => !sent.has(digest))
    .map((digest) => ({ rule: 'wrong end', about: `nobody sent ${digest}` }));
}
