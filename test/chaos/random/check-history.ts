import type { Row } from '../world/chaos-database.js';
import type { Exchange, MevetoEvent } from '../world/model-meveto.js';
import type { Death, History } from './history.js';

/** A record of the application that contradicts Meveto's records. */
export interface Violation {
  readonly rule:
    | 'silent loss'
    | 'needless doubt'
    | 'wrong outcome'
    | 'double exchange'
    | 'early acknowledgement'
    | 'unfinished'
    | 'sealed'
    | 'wrong time';
  readonly about: string;
}

/** Databases and processes round the same time to milliseconds differently. */
const ROUNDING_MS = 2;
/** An answer is recorded within this time, or the process died. */
const SETTLES_WITHIN_MS = 3_000;
/** Meveto may see a request this much later than the death of its process. */
const SEEN_LATE_MS = 200;
/** `inbox.shutdownTimeoutMs` of the processes. */
export const SHUTDOWN_TIMEOUT_MS = 1_500;
/** A process abandons an answer after its own deadline, unknown to Meveto. */
const MAYBE_GIVEN_UP_MS = 650;
/** A busy process may read a webhook this much later than Meveto has given up its last attempt. */
const READ_LATE_MS = 10_000;

/** Compares every record with what Meveto saw. An empty list: nothing was lost, and nothing happened twice. */
export function checkHistory(history: History): Violation[] {
  const exchanges = byToken(history.exchanges);
  return [
    ...history.events.flatMap((event) => endOf(event, history, exchanges)),
    ...[...exchanges.values()].flatMap((ofToken) => askedAgain(ofToken, history)),
    ...history.users.flatMap((user) => timeOf(user, history)),
    ...[...history.rowsByDigest.values()].flatMap(leftOver),
    ...rowsWithoutWebhook(history),
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
  // A process that got the answer and lived on must have recorded it.
  return named.every((exchange) => mayBeLost(exchange, history)) ? undefined : 'needless doubt';
}

function brokenByEnd(mevetoId: string, row: Row, named: readonly Exchange[], history: History): Rule {
  const expectedState = history.knownPeople.has(mevetoId) ? 'applied' : 'unknown_user';
  if (row['state'] === expectedState) return named.length > 0 ? undefined : 'wrong outcome';
  return row['state'] === 'applied' ? 'wrong outcome' : 'silent loss';
}

/** A refusal after an attempt of unknown outcome: only Meveto can distinguish a forged token from a consumed one. */
function brokenByForged(event: MevetoEvent, row: Row, history: History): Rule {
  if (row['state'] === 'rejected') return undefined;
  const isDoubtful = Number(row['attempts']) > 1 || isTokenLost(event, row, history);
  return row['state'] === 'ambiguous' && isDoubtful ? undefined : 'wrong outcome';
}

/** Tokens in memory are lost with their process, which died before the job got this outcome. */
const isTokenLost = ({ createdAt }: MevetoEvent, row: Row, { tokenStorage, deaths }: History): boolean =>
  tokenStorage === 'none' &&
  row['reason'] === 'token-lost' &&
  deaths.some(({ at, goneAt }) => goneAt >= createdAt && at <= Number(row['finished_at']) + ROUNDING_MS);

/** With `acknowledge: 'after-logout'`, no webhook is acknowledged before its outcome; the list may reopen a job. */
function acknowledgedEarly(
  { acknowledgedAt }: MevetoEvent,
  row: Row,
  { acknowledge, listedSince }: History,
  about: string,
): Violation[] {
  if (acknowledge !== 'after-logout' || listedSince !== undefined || acknowledgedAt === undefined) return [];
  if (Number(row['finished_at'] ?? Infinity) <= acknowledgedAt + ROUNDING_MS) return [];
  return [{ rule: 'early acknowledgement', about: `${about} was acknowledged before it ended` }];
}

/** Whether an answer of Meveto may have reached no process that could record it. */
function mayBeLost(exchange: Exchange, { deaths }: History, notAfter = Infinity): boolean {
  if (!exchange.isDelivered || exchange.fault !== 'none') return true;
  const answeredAt = exchange.endedAt ?? exchange.beganAt;
  if (answeredAt - exchange.askedAt > MAYBE_GIVEN_UP_MS) return true;
  const until = Math.min(notAfter, answeredAt + SETTLES_WITHIN_MS);
  return deaths.some(
    (death) =>
      death.caller === exchange.caller &&
      isCutOff(death) &&
      death.goneAt >= exchange.beganAt - SEEN_LATE_MS &&
      death.at <= until,
  );
}

/** A graceful stop waits for answers and records them, unless its time is over first, as on a starved machine. */
const isCutOff = ({ signal, at, goneAt }: Death): boolean =>
  signal === 'SIGKILL' || goneAt - at >= SHUTDOWN_TIMEOUT_MS;

/**
 * A token may be exchanged again only when the answer was lost, or got lost with its process, or when the list of
 * pending webhooks contains a refused webhook.
 */
function askedAgain(ofToken: readonly Exchange[], history: History): Violation[] {
  const { listedSince = Infinity } = history;
  return ofToken.slice(1).flatMap((later, index) => {
    const earlier = ofToken[index];
    if (earlier === undefined || mayBeLost(earlier, history, later.beganAt)) return [];
    if (earlier.outcome === 'invalid' && later.beganAt >= listedSince) return [];
    const deaths = history.deaths.filter(({ caller }) => caller === earlier.caller);
    const times = { earlier: [earlier.beganAt, earlier.endedAt], again: later.beganAt, deaths };
    return [
      {
        rule: 'double exchange',
        about: `${earlier.token.slice(0, 16)} was answered ${earlier.outcome}, and asked about again: ${JSON.stringify(times)}`,
      },
    ];
  });
}

/** `last_logged_out` is the latest receipt of the webhooks that were applied to this user. */
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
      violations.push({ rule: 'wrong outcome', about: `user ${id} is still linked` });
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
  const latest = event.acknowledgedAt ?? (event.lastTriedAt ?? event.createdAt) + READ_LATE_MS;
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

/** Rows without a webhook. */
function rowsWithoutWebhook({ events, rowsByDigest, digestOf }: History): Violation[] {
  const sent = new Set(events.flatMap(({ tokens }) => tokens.map(digestOf)));
  return [...rowsByDigest.keys()]
    .filter((digest) => !sent.has(digest))
    .map((digest) => ({ rule: 'wrong outcome', about: `no webhook has ${digest}` }));
}
