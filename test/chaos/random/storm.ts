import { setTimeout as delay } from 'node:timers/promises';
import { TokenVault } from '../../../libs/meveto-logout/src/secrets/token-vault.js';
import { until } from '../../support/until.js';
import { CLIENT_ID, CLIENT_SECRET, type HostSettings } from '../host/settings.js';
import { CALL_ROWS, type ChaosDatabase, createChaosDatabase } from '../world/chaos-database.js';
import { ModelMeveto, TOKEN_PREFIX } from '../world/model-meveto.js';
import { checkHistory, type Violation } from './check-history.js';
import { diedWithAnswers } from './died-with-answers.js';
import type { Death, History } from './history.js';
import { Listing } from './listing.js';
import { KilledReplica } from './killed-replica.js';
import { Random } from './random.js';
import { Traffic, userIds } from './traffic.js';

export interface StormOptions {
  readonly kills: number;
  readonly seed: number;
  readonly replicas: number;
  readonly callsPerSecond: number;
  readonly acknowledge: History['acknowledge'];
  readonly tokenStorage: History['tokenStorage'];
  /** Undefined: a SQLite file. */
  readonly serverUrl: string | undefined;
  readonly progress: (text: string) => void;
}

export interface StormResult {
  readonly violations: readonly (Violation | { rule: string; about: string })[];
  readonly deaths: readonly Death[];
  readonly acknowledged: number;
  readonly sent: number;
  readonly exchanges: number;
  readonly lostAnswers: number;
  readonly outages: number;
  readonly mostInFlightPerToken: number;
  /** For how many milliseconds processes that were killed had had answers that nobody else has. */
  readonly answersHeldMs: readonly number[];
  /** Rows by state, before Meveto's pending list was on, and with it. */
  readonly endsBefore: Readonly<Record<string, number>>;
  readonly endsAfter: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** Longer than any pause between attempts, and than what stands before a poll. */
const STANDS_STILL_MS = 90_000;
/** A request of a process that is gone has reached Meveto in this time. */
const SEEN_WITHIN_MS = 2_000;
const SETTLED = new Set(['applied', 'unknown_user']);
const vault = new TokenVault(CLIENT_ID, CLIENT_SECRET);
const FINAL = { reconcile: { cron: '* * * * * *' } };

/** Webhooks without a pause while processes are killed at random; in the end everything is checked. */
export class Storm {
  readonly #meveto = new ModelMeveto();
  readonly #random: Random;
  #replicas: KilledReplica[] = [];
  #leaks = 0;
  #listedSince: number | undefined;
  #killed = 0;

  constructor(
    private readonly options: StormOptions,
    private readonly database: ChaosDatabase,
  ) {
    this.#random = new Random(options.seed);
  }

  static async run(options: StormOptions): Promise<StormResult> {
    const database = await createChaosDatabase(options.serverUrl, userIds);
    const storm = new Storm(options, database);
    try {
      return await storm.#run();
    } finally {
      await Promise.allSettled(storm.#replicas.map((replica) => replica.stop()));
      await storm.#meveto.stop();
      await database.drop();
    }
  }

  async #run(): Promise<StormResult> {
    const beganAt = performance.now();
    this.#makeReplicas();
    const outages = new Random(this.options.seed * 1_000 - 1);
    const traffic = new Traffic(this.#meveto, this.#random, outages, this.options.callsPerSecond);
    traffic.start();
    await Promise.all(this.#replicas.map((replica) => replica.dieUntil(() => this.#mayKill())));
    this.options.progress('the killing is over: what is unfinished is worked off');
    for (const replica of this.#replicas) await replica.stay(FINAL);
    await traffic.stop();
    const endsBefore = await this.#drained();
    const inDoubt = await this.#history();
    const before = checkHistory(inDoubt);
    const answersHeldMs = diedWithAnswers(inDoubt);
    this.options.progress('Meveto’s pending list is on: what is ambiguous is named again');
    await this.#list();
    const endsAfter = await this.#healed();
    const history = await this.#history();
    const violations = [
      ...before,
      ...checkHistory(history),
      ...this.#notHealed(history),
      ...(await this.#rest()),
    ];
    const durationMs = performance.now() - beganAt;
    return { ...this.#counts(), violations, answersHeldMs, endsBefore, endsAfter, durationMs };
  }

  #makeReplicas(): void {
    const world = {
      settingsOf: (caller: string) => this.#settings(caller),
      gone: (caller: string, output: string) => {
        if (output.includes(TOKEN_PREFIX)) this.#leaks += 1;
        // What it had sent before may still be on its way.
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
      options: {
        leaseMs: 1_000,
        exchange: { timeoutMs: 750 },
        shutdownTimeoutMs: 1_500,
        storeTimeoutMs: 2_500,
        acknowledge: this.options.acknowledge,
        tokenStorage: this.options.tokenStorage,
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
    for (const row of await this.database.query(CALL_ROWS)) {
      const state = String(row['state']);
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  async #list(): Promise<void> {
    const { events, rowsByDigest, digestOf } = await this.#history();
    const settled = events.filter(({ tokens }) =>
      tokens.some((token) => SETTLED.has(String(rowsByDigest.get(digestOf(token))?.['state']))),
    );
    const listing = new Listing(this.#meveto, new Set(settled.map(({ id }) => id)));
    this.#meveto.isListed = (event) => listing.names(event);
    this.#meveto.listsCalls = true;
    this.#listedSince = Date.now();
  }

  /** What stays unfinished is for the checker to find. */
  async #drained(): Promise<Record<string, number>> {
    await this.#whileItGoesOn(async () => (await this.#ends())['pending'] ?? 0);
    return this.#ends();
  }

  async #healed(): Promise<Record<string, number>> {
    const forged = new Set(
      this.#meveto.events
        .filter(({ mevetoId }) => mevetoId === undefined)
        .flatMap(({ tokens }) => tokens.map((token) => vault.digestToken(token))),
    );
    const polls = this.#meveto.pollCount;
    await until('the list is read', () => this.#meveto.pollCount > polls + 2, STANDS_STILL_MS).catch(
      () => undefined,
    );
    await this.#whileItGoesOn(async () => {
      const open = await this.database.query(
        "SELECT digest FROM meveto_logout_calls WHERE state IN ('pending', 'ambiguous')",
      );
      return open.filter((row) => !forged.has(String(row['digest']))).length;
    });
    return this.#drained();
  }

  /** Waits until there is nothing left, or nothing becomes less for long. */
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
    const rows = await this.database.query(CALL_ROWS);
    return {
      events: this.#meveto.events,
      exchanges: this.#meveto.exchanges,
      deaths: this.#deaths(),
      acknowledge: this.options.acknowledge,
      tokenStorage: this.options.tokenStorage,
      listedSince: this.#listedSince,
      rowsByDigest: new Map(rows.map((row) => [String(row['digest']), row])),
      users: await this.database.query('SELECT * FROM users'),
      digestOf: (token) => vault.digestToken(token),
      knownPeople: new Set(userIds.map((id) => `m-${String(id)}`)),
    };
  }

  #deaths(): Death[] {
    return this.#replicas.flatMap(({ deaths }) => deaths);
  }

  /** With the list on, every real call is settled, whether it was acknowledged or not. */
  #notHealed({ events, rowsByDigest, digestOf }: History): { rule: string; about: string }[] {
    return events
      .filter(({ mevetoId }) => mevetoId !== undefined)
      .flatMap((event) => {
        const row = event.tokens.map((token) => rowsByDigest.get(digestOf(token))).find((each) => each);
        const state = String(row?.['state']);
        if (state === 'applied' || state === 'unknown_user') return [];
        return [{ rule: 'not healed', about: `${event.id} is ${state} with the pending list on` }];
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

  #counts(): Omit<StormResult, 'violations' | 'answersHeldMs' | 'endsBefore' | 'endsAfter' | 'durationMs'> {
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
