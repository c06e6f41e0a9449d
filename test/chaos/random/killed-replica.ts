import { setTimeout as delay } from 'node:timers/promises';
import type { HostSettings } from '../host/settings.js';
import { HostProcess, within } from '../world/host-process.js';
import type { Death } from './history.js';
import type { Random } from './random.js';

const LIFE_MS = [20, 400] as const;
const SIGTERM_SHARE = 0.15;
/** Some die before they are up. */
const DIES_AT_START_SHARE = 0.2;
const STOPS_WITHIN_MS = 30_000;

/** One replica of the application, killed again and again; its successor is loaded while it lives. */
export class KilledReplica {
  readonly deaths: Death[] = [];
  /** What they wrote. */
  readonly diedByThemselves: string[] = [];
  #host: HostProcess | undefined;
  #spare: Promise<HostProcess> | undefined;

  constructor(
    readonly caller: string,
    private readonly settings: HostSettings,
    private readonly random: Random,
    private readonly seenOutput: (output: string) => void,
  ) {}

  get url(): string | undefined {
    return this.#host?.isRunning === true ? this.#host.url : undefined;
  }

  /** Starts and kills until `mayGoOn` says no. */
  async dieUntil(mayGoOn: () => boolean): Promise<void> {
    while (mayGoOn()) await this.#liveOnce();
  }

  /** Starts once more and stays, with settings of its own. */
  async stay(settings: HostSettings): Promise<void> {
    this.#host = await this.#next();
    await this.#host.start(settings);
  }

  async stop(): Promise<void> {
    await this.#stop(this.#host, 'SIGTERM');
    await (await this.#spare)?.end();
  }

  async #liveOnce(): Promise<void> {
    const host = await this.#next();
    this.#host = host;
    this.#spare = HostProcess.load();
    const listening = host.start(this.settings).then(
      () => Date.now(),
      () => undefined,
    );
    const diesAtStart = this.random.chance(DIES_AT_START_SHARE);
    const listenedAt = diesAtStart ? undefined : await listening;
    if (!diesAtStart && listenedAt === undefined) throw new Error(`a process did not start:\n${host.output}`);
    const killedBefore = this.deaths.at(-1)?.goneAt;
    await delay(this.random.between(...LIFE_MS));
    const signal = this.random.chance(SIGTERM_SHARE) ? 'SIGTERM' : 'SIGKILL';
    const at = Date.now();
    const isUp = listenedAt !== undefined && killedBefore !== undefined;
    await this.#kill(host, signal);
    this.deaths.push({
      caller: this.caller,
      at,
      goneAt: Date.now(),
      signal,
      recoveryMs: isUp ? listenedAt - killedBefore : undefined,
    });
  }

  /** One that is gone already has died by itself, and so has one that ends otherwise than by the signal. */
  async #kill(host: HostProcess, signal: NodeJS.Signals): Promise<void> {
    const wasRunning = host.isRunning;
    await this.#stop(host, signal);
    const exit = await host.exited();
    if (!wasRunning || (exit.signal !== signal && exit.code !== 0)) this.diedByThemselves.push(host.output);
  }

  async #next(): Promise<HostProcess> {
    const spare = this.#spare ?? HostProcess.load();
    this.#spare = undefined;
    return spare;
  }

  async #stop(host: HostProcess | undefined, signal: NodeJS.Signals): Promise<void> {
    if (host === undefined) return;
    await within(STOPS_WITHIN_MS, `a process stops after ${signal}`, host.end(signal));
    this.seenOutput(host.output);
  }
}
