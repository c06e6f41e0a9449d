import { setTimeout as delay } from 'node:timers/promises';
import { KeyedDigest } from '../../../libs/meveto-logout/src/core/keyed-digest.js';
import { until } from '../../support/until.js';
import { CLIENT_ID, CLIENT_SECRET, type HostSettings } from '../host/settings.js';
import { JOB_ROWS, type ChaosDatabase, createChaosDatabase, type Row } from '../world/chaos-database.js';
import { HostProcess } from '../world/host-process.js';
import { OWN_ADDRESS } from '../world/own-address.js';
import { type MevetoEvent, ModelMeveto, TOKEN_PREFIX } from '../world/model-meveto.js';

/** The longest time-out that a lease of one second allows. */
const EXCHANGE_TIMEOUT_MS = 750;
const keyedDigest = new KeyedDigest(CLIENT_ID, CLIENT_SECRET);

/** A database, a model of Meveto, and host processes on them. */
export class CrashWorld {
  readonly meveto = new ModelMeveto();
  readonly #hosts: HostProcess[] = [];
  #mevetoUrl = '';

  private constructor(readonly database: ChaosDatabase) {}

  /** Creates a world with one user, `m-1`. */
  static async create(serverUrl: string | undefined): Promise<CrashWorld> {
    const world = new CrashWorld(await createChaosDatabase(serverUrl, [1]));
    world.#mevetoUrl = await world.meveto.urlFor('application');
    world.meveto.retryPauses = Array.from({ length: 400 }, () => 50);
    return world;
  }

  async load(): Promise<HostProcess> {
    const host = await HostProcess.load();
    this.#hosts.push(host);
    return host;
  }

  settings(more: Partial<HostSettings> = {}): HostSettings {
    return {
      database: this.database.address,
      mevetoUrl: this.#mevetoUrl,
      address: OWN_ADDRESS,
      poolSize: 3,
      ...more,
      options: {
        exchange: { timeoutMs: EXCHANGE_TIMEOUT_MS },
        inbox: { leaseMs: 1_000, shutdownTimeoutMs: 1_500 },
        logouts: { pollIntervalMs: 100 },
        ...more.options,
      },
    };
  }

  /** The only row of a webhook; undefined if there is none. */
  async rowOf(event: MevetoEvent): Promise<Row | undefined> {
    const digests = event.tokens.map((token) => keyedDigest.ofToken(token));
    const rows = await this.database.query(JOB_ROWS);
    const own = rows.filter((row) => digests.includes(String(row['digest'])));
    if (own.length > 1) throw new Error(`a webhook has ${String(own.length)} rows`);
    return own[0];
  }

  /** The row of a webhook when it reaches this state, or any final one. */
  ended(event: MevetoEvent, state?: string): Promise<Row> {
    return until<Row | false>(
      `the job finishes${state === undefined ? '' : ` ${state}`}`,
      async () => {
        const row = await this.rowOf(event);
        if (row === undefined || row['state'] === 'pending') return false;
        return (state === undefined || row['state'] === state) && row;
      },
      30_000,
    ) as Promise<Row>;
  }

  async lastLoggedOut(): Promise<number | undefined> {
    const [user] = await this.database.query('SELECT last_logged_out FROM users WHERE id = 1');
    const value = user?.['last_logged_out'] ?? undefined;
    return value === undefined ? undefined : Number(value);
  }

  /** Waits until the list of pending webhooks was read once more from its beginning. */
  async polledAgain(): Promise<void> {
    const polls = this.meveto.pollCount;
    await until('the list of pending webhooks is read', () => this.meveto.pollCount > polls + 1, 15_000);
    await delay(50);
  }

  /**
   * Whether a process abandoned an answer that should have reached it in time: the machine is too busy for the
   * scenario.
   */
  get wasTooSlow(): boolean {
    return this.meveto.exchanges.some(
      ({ fault, outcome, isDelivered, beganAt, endedAt }) =>
        fault === 'none' &&
        outcome !== 'none' &&
        !isDelivered &&
        (endedAt ?? 0) - beganAt >= EXCHANGE_TIMEOUT_MS * 0.9,
    );
  }

  /** The places where a token appears in clear text. */
  async leaks(): Promise<string[]> {
    const places = [...this.#hosts.map(({ output }) => output), await this.database.everything()];
    return places.filter((text) => text.includes(TOKEN_PREFIX)).map((text) => text.slice(0, 2_000));
  }

  async end(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.end()));
    await this.meveto.stop();
    await this.database.drop();
  }
}
