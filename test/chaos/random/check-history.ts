import type { Row } from '../world/chaos-database.js';
import type { Exchange, MevetoEvent } from '../world/model-meveto.js';
import type { History } from './history.js';

/** What the application recorded and Meveto's side does not bear out. */
export interface Violation {
  readonly rule:
    | 'silent loss'
    | 'needless doubt'
    | 'wrong end'
    | 'double exchange'
    | 'early acknowledgement'
    | 'unfinished'
    | 'sealed'
    | 'wrong time';
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
  const named = event.tokens.flatMap((token) => exchanges.get(token)?.filter(isNaming) ?? []);
  return [
    ...wronglyEnded(event, row, named, history, about),
    ...acknowledgedEarly(event, row, history, about),
  ];
}

const isNaming = ({ outcome }: Exchange): boolean => outcome === 'person';

function wronglyEnded(
  event: MevetoEvent,
  row: Row,
  named: readonly Exchange[],
  history: History,
  about: string,
): Violation[] {
  const rule =
    event.mevetoId === undefined
      ? brokenByForged(event, row, history)
      : row['state'] === 'ambiguous'
        ? brokenByDoubt(event, row, named, history)
        : brokenByEnd(event.mevetoId, row, named, history);
  if (rule === undefined) return [];
  const end = `ended ${String(row['state'])} (${String(row['reason'])})`;
  const answer = named.length > 0 ? 'named the person' : 'did not name the person';
  return [{ rule, about: `${about} ${end}, Meveto ${answer}` }];
}

type Rule = Violation['rule'] | undefined;

function brokenByDoubt(event: MevetoEvent, row: Row, named: readonly Exchange[], history: History): Rule {
  if (named.length === 0) return isTokenLost(event, row, history) ? undefined : 'silent loss';
  // Whoever was told whose call it is, and lived on, has to have written it down.
  return named.every((exchange) => mayBeLost(exchange, history)) ? undefined : 'needless doubt';
}

function brokenByEnd(mevetoId: string, row: Row, named: readonly Exchange[], history: History): Rule {
  const settled = history.knownPeople.has(mevetoId) ? 'applied' : 'unknown_user';
  if (row['state'] === settled) return named.length > 0 ? undefined : 'wrong end';
  return row['state'] === 'applied' ? 'wrong end' : 'silent loss';
}

/** A refusal after an attempt of unknown outcome: nobody but Meveto can tell it from a token that was used up. */
function brokenByForged(event: MevetoEvent, row: Row, history: History): Rule {
  if (row['state'] === 'rejected') return undefined;
  const isDoubtful = Number(row['attempts']) > 1 || isTokenLost(event, row, history);
  return row['state'] === 'ambiguous' && isDoubtful ? undefined : 'wrong end';
}

/** Tokens that are kept in memory go with a process that had them, which was before the call ended for that reason. */
const isTokenLost = ({ createdAt }: MevetoEvent, row: Row, { tokenStorage, deaths }: History): boolean =>
  tokenStorage === 'none' &&
  row['reason'] === 'token-lost' &&
  deaths.some(({ at, goneAt }) => goneAt >= createdAt && at <= Number(row['settled_at']) + ROUNDING_MS);

/** With `acknowledge: 'after-logout'` nothing is acknowledged before its end; the list may open a call once more. */
function acknowledgedEarly(
  { acknowledgedAt }: MevetoEvent,
  row: Row,
  { acknowledge, listedSince }: History,
  about: string,
): Violation[] {
  if (acknowledge !== 'after-logout' || listedSince !== undefined || acknowledgedAt === undefined) return [];
  if (Number(row['settled_at'] ?? Infinity) <= acknowledgedAt + ROUNDING_MS) return [];
  return [{ rule: 'early acknowledgement', about: `${about} was acknowledged before it ended` }];
}

/** Whether an answer of Meveto may have reached nobody who could write it down. */
function mayBeLost(exchange: Exchange, { deaths }: History, notAfter = Infinity): boolean {
  if (!exchange.isDelivered || exchange.fault !== 'none') return true;
  const answeredAt = exchange.endedAt ?? exchange.beganAt;
  if (answeredAt - exchange.beganAt > MAYBE_GIVEN_UP_MS) return true;
  // A graceful stop waits for answers and writes them down: only a kill excuses.
  const until = Math.min(notAfter, answeredAt + SETTLES_WITHIN_MS);
  return deaths.some(
    ({ caller, signal, at, goneAt }) =>
      caller === exchange.caller &&
      signal === 'SIGKILL' &&
      goneAt >= exchange.beganAt - SEEN_LATE_MS &&
      at <= until,
  );
}

/**
 * A token is asked about again only when the answer was lost, or died with the process that had it; or when the pending
 * list names a call that was refused.
 */
function askedAgain(ofToken: readonly Exchange[], history: History): Violation[] {
  const { listedSince = Infinity } = history;
  return ofToken.slice(1).flatMap((later, index) => {
    const earlier = ofToken[index];
    if (earlier === undefined || mayBeLost(earlier, history, later.beganAt)) return [];
    if (earlier.outcome === 'invalid' && later.beganAt >= listedSince) return [];
    const times = { earlier: [earlier.beganAt, earlier.endedAt], again: later.beganAt };
    return [
      {
        rule: 'double exchange',
        about: `${earlier.token.slice(0, 16)} was answered ${earlier.outcome}, and asked about again: ${JSON.stringify(times)}`,
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
