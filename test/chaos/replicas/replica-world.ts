import { setTimeout as delay } from 'node:timers/promises';
import { KeyedDigest } from '../../../libs/meveto-logout/src/core/keyed-digest.js';
import { until } from '../../support/until.js';
import { CLIENT_ID, CLIENT_SECRET, type HostSettings } from '../host/settings.js';
import { JOB_ROWS, type ChaosDatabase, createChaosDatabase, type Row } from '../world/chaos-database.js';
import { HostProcess } from '../world/host-process.js';
import { OWN_ADDRESS } from '../world/own-address.js';
import { wrongHistory } from '../world/wrong-history.js';
import { type MevetoEvent, ModelMeveto, TOKEN_PREFIX } from '../world/model-meveto.js';
import { overlapsOf, type Pause } from './overlaps.js';

export const POSTGRES = process.env['TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
export const LEASE_MS = 1_000;
const USER_COUNT = 20;
/**
 * After an outage of Meveto: up to 30 s until the breaker's next probe, up to 30 s of a job's own pause, and then the
 * work.
 */
const SETTLES_WITHIN_MS = 90_000;
const digests = new KeyedDigest(CLIENT_ID, CLIENT_SECRET);

/** How a replica reaches its database and Meveto, if not directly. */
export interface Ways {
  readonly database?: (address: string) => string;
  readonly meveto?: (address: string) => Promise<string>;
}

/** Several replicas of an application on one PostgreSQL, users who log out continuously, and what Meveto saw. */
export class ReplicaWorld {
  readonly meveto = new ModelMeveto();
  readonly hosts: HostProcess[] = [];
  /** When replicas were paused, by their names at Meveto. */
  readonly pauses: Pause[] = [];
  readonly #deliveries = new Set<Promise<unknown>>();
  #isPressing = false;
  #pressing: Promise<void> = Promise.resolve();
  #turn = 0;

  private constructor(readonly database: ChaosDatabase) {
    this.meveto.retryPauses = Array.from({ length: 400 }, () => 250);
    this.meveto.beforeAnswer = () => delay(Math.random() * 100);
    this.meveto.target = () => this.#nextUrl();
  }

  static async create(serverUrl = POSTGRES): Promise<ReplicaWorld> {
    const userIds = Array.from({ length: USER_COUNT }, (_, index) => index + 1);
    return new ReplicaWorld(await createChaosDatabase(serverUrl, userIds));
  }

  /** Starts this many replicas at the same time. */
  async start(count: number, more: Partial<HostSettings> = {}, ways: Ways = {}): Promise<readonly string[]> {
    const hosts: HostProcess[] = [];
    for (let index = 0; index < count; index += 1) hosts.push(await HostProcess.load());
    const from = this.hosts.length;
    this.hosts.push(...hosts);
    return Promise.all(
      hosts.map(async (host, index) => {
        const mevetoUrl = await this.meveto.urlFor(callerOf(from + index));
        return host.start({
          database: ways.database?.(this.database.address) ?? this.database.address,
          address: OWN_ADDRESS,
          mevetoUrl: (await ways.meveto?.(mevetoUrl)) ?? mevetoUrl,
          poolSize: 3,
          // Retry as TypeOrmModule does by itself: a replica may lose the race to create the tables.
          connectAttempts: 10,
          ...more,
          options: {
            inbox: { leaseMs: LEASE_MS },
            exchange: { timeoutMs: 750 },
            reconcile: { cron: '* * * * * *' },
            logouts: { pollIntervalMs: 200 },
            ...more.options,
          },
        });
      }),
    );
  }

  /** Users log out at this rate until {@link stopPressing}. */
  startPressing(perSecond: number): void {
    this.#isPressing = true;
    this.#pressing = (async () => {
      for (let turn = 0; this.#isPressing; turn += 1) {
        this.press(`m-${String((turn % USER_COUNT) + 1)}`);
        await delay(1_000 / perSecond);
      }
    })();
  }

  press(mevetoId: string): MevetoEvent {
    const event = this.meveto.happen(mevetoId);
    const delivery = this.meveto.deliver(event).finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
    return event;
  }

  async stopPressing(): Promise<void> {
    this.#isPressing = false;
    await this.#pressing;
  }

  /** Pauses one replica, as a debugger or the migration of a virtual machine does. */
  async pause(index: number, ms: number): Promise<void> {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`There is no replica ${String(index)}.`);
    const from = Date.now();
    host.signal('SIGSTOP');
    await delay(ms);
    host.signal('SIGCONT');
    this.pauses.push({ caller: callerOf(index), from, until: Date.now() });
  }

  /**
   * Waits until every webhook was delivered and has an outcome, lets Meveto list all webhooks, and resolves with all
   * faults: none if every acknowledged webhook has an outcome that matches what Meveto saw, and nothing happened twice.
   * @throws when there are no faults, but some jobs did not finish in time
   */
  async faults(): Promise<string[]> {
    await this.stopPressing();
    await this.#until('all webhooks are delivered', () => Promise.resolve(this.#deliveries.size === 0));
    await this.#until('all jobs are finished', async () => (await this.count('pending')) === 0);
    const faults = await this.#faultsBefore();
    this.meveto.listsWebhooks = true;
    const polls = this.meveto.pollCount;
    const isHealed = async (): Promise<boolean> =>
      this.meveto.pollCount > polls + 1 && (await this.#count("state <> 'applied'")) === 0;
    await this.#until('ambiguous jobs are resolved', isHealed);
    const wasRead = this.meveto.pollCount > polls + 1;
    const all = [...faults, ...(await this.#faultsAfter())];
    const wrong = all.filter((fault) => !isLate(fault, wasRead));
    if (wrong.length === 0 && all.length > 0) throw new Error(`not in time: ${all.join('\n')}`);
    return wrong.map(wrongHistory);
  }

  get acknowledgedCount(): number {
    return this.meveto.events.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length;
  }

  /** Number of jobs in this state. */
  count(state: string): Promise<number> {
    return this.#count(`state = '${state}'`);
  }

  async end(): Promise<void> {
    this.#isPressing = false;
    await Promise.all(this.hosts.map((host) => host.end()));
    await this.meveto.stop();
    await this.database.drop();
  }

  /** The faults report what was not reached in time. */
  async #until(what: string, check: () => Promise<boolean>): Promise<void> {
    const look = async (): Promise<boolean> => {
      await delay(100);
      return check();
    };
    await until(what, look, SETTLES_WITHIN_MS).catch(() => undefined);
  }

  #nextUrl(): string | undefined {
    const urls = this.hosts.flatMap(({ url, isRunning }) => (isRunning && url !== undefined ? [url] : []));
    this.#turn += 1;
    return urls[this.#turn % urls.length];
  }

  async #count(condition: string): Promise<number> {
    const [row] = await this.database.query(
      `SELECT COUNT(*) AS jobs FROM meveto_logout_jobs WHERE ${condition}`,
    );
    return Number(row?.['jobs']);
  }

  #rows(): Promise<readonly Row[]> {
    return this.database.query(JOB_ROWS);
  }

  /** A job is applied, or ambiguous after an answer of Meveto got lost. */
  async #faultsBefore(): Promise<string[]> {
    const rows = new Map((await this.#rows()).map((row) => [String(row['digest']), row]));
    return this.meveto.events.flatMap((event) => {
      const row = rows.get(digests.ofToken(event.tokens[0] ?? ''));
      const state = row === undefined ? 'not recorded' : String(row['state']);
      const detail = row === undefined ? '' : ` (${historyOf(row)})`;
      const wasNamed = this.meveto.exchanges.some(
        ({ token, outcome }) => token === event.tokens[0] && outcome === 'person',
      );
      if (state === 'not recorded' && event.acknowledgedAt === undefined) return [];
      if (wasNamed && (state === 'applied' || state === 'ambiguous')) return [];
      return [
        `${event.id} was acknowledged and is ${state}${detail}; Meveto ${wasNamed ? 'named' : 'did not name'} the person`,
      ];
    });
  }

  async #faultsAfter(): Promise<string[]> {
    const rows = await this.#rows();
    const users = await this.database.query('SELECT * FROM users');
    const outputs = this.hosts.map(({ output }) => output);
    const kept = [...outputs, await this.database.everything()];
    return [
      ...rows
        .filter((row) => row['state'] !== 'applied')
        .map((row) => `a job is ${String(row['state'])} (${historyOf(row)}) although Meveto listed it`),
      ...rows.filter((row) => row['sealed'] !== null).map(() => 'a sealed token was left behind'),
      ...users.flatMap((user) => wrongTimes(user, rows)),
      ...overlapsOf(this.meveto.exchanges, this.pauses),
      ...kept.filter((text) => text.includes(TOKEN_PREFIX)).map(() => 'a plain-text token was found'),
    ];
  }
}

/** A job in progress, or not yet listed: perhaps slow, but not lost. */
const isLate = (fault: string, wasListRead: boolean): boolean =>
  fault.includes(' is pending (') || (!wasListRead && fault.includes('a job is ambiguous ('));

const callerOf = (index: number): string => `replica-${String(index)}`;

/** The last record of a worker about a job. */
const historyOf = (row: Row): string =>
  `${String(row['attempts'])} attempts, ${String(row['reason'])}, due ${String(Number(row['due_at']) - Date.now())} ms from now`;

/** Checks that a user was logged out at the time of the latest webhook. */
function wrongTimes(user: Row, rows: readonly Row[]): string[] {
  const id = String(user['id']);
  const times = rows.filter((row) => row['user_id'] === id).map((row) => Number(row['occurred_at']));
  const latest = times.length === 0 ? 0 : Math.max(...times);
  const recorded = Number(user['last_logged_out'] ?? 0);
  return recorded === latest
    ? []
    : [`user ${id} was logged out at ${String(recorded)}, not ${String(latest)}`];
}
