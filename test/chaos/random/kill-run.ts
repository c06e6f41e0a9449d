import { setTimeout as delay } from 'node:timers/promises';
import { KeyedDigest } from '../../../libs/meveto-logout/src/core/keyed-digest.js';
import { until } from '../../support/until.js';
import { CLIENT_ID, CLIENT_SECRET, type Executor, type HostSettings } from '../host/settings.js';
import { JOB_ROWS, type ChaosDatabase, createChaosDatabase } from '../world/chaos-database.js';
import { OWN_ADDRESS } from '../world/own-address.js';
import { ModelMeveto, TOKEN_PREFIX } from '../world/model-meveto.js';
import { checkHistory, SHUTDOWN_TIMEOUT_MS, type Violation } from './check-history.js';
import { diedWithAnswers } from './died-with-answers.js';
import type { Death, History } from './history.js';
import { Listing } from './listing.js';
import { KilledReplica } from './killed-replica.js';
import { Random } from './random.js';
import { Traffic, userIds } from './traffic.js';

export interface KillRunOptions {
  readonly kills: number;
  readonly seed: number;
  readonly replicas: number;
  readonly webhooksPerSecond: number;
  readonly acknowledge: History['acknowledge'];
  readonly tokenStorage: History['tokenStorage'];
  /** Undefined: a SQLite file. */
  readonly serverUrl: string | undefined;
  readonly executor: Executor;
  readonly progress: (text: string) => void;
}

export interface KillRunResult {
  readonly violations: readonly (Violation | { rule: string; about: string })[];
  readonly deaths: readonly Death[];
  readonly acknowledged: number;
  readonly sent: number;
  readonly exchanges: number;
  readonly lostAnswers: number;
  readonly outages: number;
  readonly mostInFlightPerToken: number;
  /** Milliseconds for which killed processes had answers that no other process has. */
  readonly answersLostAfterMs: readonly number[];
  /** Rows by state, before Meveto's list of pending webhooks had entries, and with it. */
  readonly endsBefore: Readonly<Record<string, number>>;
  readonly endsAfter: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** Longer than any pause between attempts, and than any wait before a poll. */
const STANDS_STILL_MS = 90_000;
/** A request of an ended process reaches Meveto within this time. */
const SEEN_WITHIN_MS = 2_000;
const RECORDED = new Set(['applied', 'unknown_user']);
const digests = new KeyedDigest(CLIENT_ID, CLIENT_SECRET);
const FINAL = { reconcile: { cron: '* * * * * *' } };

/** Sends webhooks continuously while processes are killed at random; checks everything at the end. */
export class KillRun {
  readonly #meveto = new ModelMeveto();
  readonly #random: Random;
  #replicas: KilledReplica[] = [];
  #leaks = 0;
  #listedSince: number | undefined;
  #killed = 0;

  constructor(
    private readonly options: KillRunOptions,
    private readonly database: ChaosDatabase,
  ) {
    this.#random = new Random(options.seed);
  }

  static async run(options: KillRunOptions): Promise<KillRunResult> {
    const database = await createChaosDatabase(options.serverUrl, userIds);
    const killRun = new KillRun(options, database);
    try {
      return await killRun.#run();
    } finally {
      await Promise.allSettled(killRun.#replicas.map((replica) => replica.stop()));
      await killRun.#meveto.stop();
      await database.drop();
    }
  }

  async #run(): Promise<KillRunResult> {
    const beganAt = performance.now();
    this.#makeReplicas();
    const outages = new Random(this.options.seed * 1_000 - 1);
    const traffic = new Traffic(this.#meveto, this.#random, outages, this.options.webhooksPerSecond);
    traffic.start();
    await Promise.all(this.#replicas.map((replica) => replica.dieUntil(() => this.#mayKill())));
    this.options.progress('the killing is over: what is unfinished is worked off');
    for (const replica of this.#replicas) await replica.stay(FINAL);
    await traffic.stop();
    const endsBefore = await this.#drained();
    const inDoubt = await this.#history();
    const before = checkHistory(inDoubt);
    const answersLostAfterMs = diedWithAnswers(inDoubt);
    this.options.progress('Meveto’s list of pending webhooks is on: what is ambiguous is named again');
    await this.#list();
    const endsAfter = await this.#statesWithList();
    const history = await this.#history();
    const violations = [
      ...before,
      ...checkHistory(history),
      ...this.#notHealed(history),
      ...(await this.#rest()),
    ];
    const durationMs = performance.now() - beganAt;
    return { ...this.#counts(), violations, answersLostAfterMs, endsBefore, endsAfter, durationMs };
  }

  #makeReplicas(): void {
    const world = {
      settingsOf: (caller: string) => this.#settings(caller),
      gone: (caller: string, output: string) => {
        if (output.includes(TOKEN_PREFIX)) this.#leaks += 1;
        // Its earlier requests may still be on their way.
        setTimeout(() => void this.#meveto.forget(caller), SEEN_WITHIN_MS).unref();
      },
    };
    for (let index = 0; index < this.options.replicas; index += 1) {
      const random = new Random(this.options.seed * 1_000 + index);
      this.#replicas.push(new KilledReplica(`replica ${String(index)}`, world, random));
    }
    this.#meveto.target = () => {
      const urls = this.#replicas.map(({ url }) => url).filter((url) => url !== undefined);
      return urls[this.#random.integer(urls.length)];
    };
  }

  async #settings(caller: string): Promise<HostSettings> {
    return {
      database: this.database.address,
      mevetoUrl: await this.#meveto.urlFor(caller),
      address: OWN_ADDRESS,
      executor: this.options.executor,
      options: {
        exchange: { timeoutMs: 750 },
        storeTimeoutMs: 2_500,
        inbox: {
          leaseMs: 1_000,
          shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS,
          acknowledge: this.options.acknowledge,
          tokenStorage: this.options.tokenStorage,
        },
      },
    };
  }

  #mayKill(): boolean {
    if (this.#killed >= this.options.kills) return false;
    this.#killed += 1;
    if (this.#killed % 50 === 0) this.options.progress(`${String(this.#killed)} processes were started`);
    return true;
  }

  async #ends(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const row of await this.database.query(JOB_ROWS)) {
      const state = String(row['state']);
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  async #list(): Promise<void> {
    const { events, rowsByDigest, digestOf } = await this.#history();
    const settled = events.filter(({ tokens }) =>
      tokens.some((token) => RECORDED.has(String(rowsByDigest.get(digestOf(token))?.['state']))),
    );
    const listing = new Listing(this.#meveto, new Set(settled.map(({ id }) => id)));
    this.#meveto.isListed = (event) => listing.names(event);
    this.#meveto.listsWebhooks = true;
    this.#listedSince = Date.now();
  }

  /** Unfinished jobs are reported by the checker. */
  async #drained(): Promise<Record<string, number>> {
    await this.#whileItGoesOn(async () => (await this.#ends())['pending'] ?? 0);
    return this.#ends();
  }

  async #statesWithList(): Promise<Record<string, number>> {
    const forged = new Set(
      this.#meveto.events
        .filter(({ mevetoId }) => mevetoId === undefined)
        .flatMap(({ tokens }) => tokens.map((token) => digests.ofToken(token))),
    );
    const polls = this.#meveto.pollCount;
    await until('the list is read', () => this.#meveto.pollCount > polls + 2, STANDS_STILL_MS).catch(
      () => undefined,
    );
    await this.#whileItGoesOn(async () => {
      const open = await this.database.query(
        "SELECT digest FROM meveto_logout_jobs WHERE state IN ('pending', 'ambiguous')",
      );
      return open.filter((row) => !forged.has(String(row['digest']))).length;
    });
    return this.#drained();
  }

  /** Waits until nothing is left, or until the number stops falling for long. */
  async #whileItGoesOn(left: () => Promise<number>): Promise<void> {
    let least = Infinity;
    let changedAt = performance.now();
    while (least > 0 && performance.now() - changedAt < STANDS_STILL_MS) {
      const now = await left();
      if (now < least) changedAt = performance.now();
      least = Math.min(least, now);
      if (least > 0) await delay(500);
    }
  }

  async #history(): Promise<History> {
    const rows = await this.database.query(JOB_ROWS);
    return {
      events: this.#meveto.events,
      exchanges: this.#meveto.exchanges,
      deaths: this.#deaths(),
      acknowledge: this.options.acknowledge,
      tokenStorage: this.options.tokenStorage,
      listedSince: this.#listedSince,
      rowsByDigest: new Map(rows.map((row) => [String(row['digest']), row])),
      users: await this.database.query('SELECT * FROM users'),
      digestOf: (token) => digests.ofToken(token),
      knownPeople: new Set(userIds.map((id) => `m-${String(id)}`)),
    };
  }

  #deaths(): Death[] {
    return this.#replicas.flatMap(({ deaths }) => deaths);
  }

  /** With the list, every real webhook gets an outcome, whether it was acknowledged or not. */
  #notHealed({ events, rowsByDigest, digestOf }: History): { rule: string; about: string }[] {
    return events
      .filter(({ mevetoId }) => mevetoId !== undefined)
      .flatMap((event) => {
        const row = event.tokens.map((token) => rowsByDigest.get(digestOf(token))).find((each) => each);
        const state = String(row?.['state']);
        if (state === 'applied' || state === 'unknown_user') return [];
        return [
          {
            rule: 'not applied from the list',
            about: `${event.id} is ${state} with the list of pending webhooks on`,
          },
        ];
      });
  }

  async #rest(): Promise<{ rule: string; about: string }[]> {
    for (const replica of this.#replicas) await replica.stop();
    const inFlight = this.#meveto.mostInFlightPerToken;
    const isKept = (await this.database.everything()).includes(TOKEN_PREFIX);
    return [
      ...(inFlight > 1
        ? [{ rule: 'in flight', about: `${String(inFlight)} exchanges of one token at once` }]
        : []),
      ...(isKept ? [{ rule: 'clear token', about: 'in the database' }] : []),
      ...this.#replicas.flatMap(({ misbehaviour }) => misbehaviour),
      ...(this.#leaks > 0 ? [{ rule: 'clear token', about: 'in the output of a process' }] : []),
    ];
  }

  #counts(): Omit<
    KillRunResult,
    'violations' | 'answersLostAfterMs' | 'endsBefore' | 'endsAfter' | 'durationMs'
  > {
    const { events, exchanges, mostInFlightPerToken } = this.#meveto;
    return {
      deaths: this.#deaths(),
      acknowledged: events.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length,
      sent: events.length,
      exchanges: exchanges.length,
      lostAnswers: exchanges.filter(({ outcome, isDelivered }) => outcome === 'person' && !isDelivered)
        .length,
      outages: this.#meveto.outageCount,
      mostInFlightPerToken,
    };
  }
}
