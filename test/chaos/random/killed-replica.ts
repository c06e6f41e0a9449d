import { setTimeout as delay } from 'node:timers/promises';
import type { HostSettings } from '../host/settings.js';
import { HostProcess, within } from '../world/host-process.js';
import type { Death } from './history.js';
import type { Random } from './random.js';

const LIFE_MS = [20, 400] as const;
const SIGTERM_SHARE = 0.15;
/** Share of processes that are killed during their start. */
const DIES_AT_START_SHARE = 0.2;
const STOPS_WITHIN_MS = 30_000;

/** Behaviour that no process may show. */
export interface Misbehaviour {
  readonly rule: 'died by itself' | 'did not stop' | 'did not start';
  readonly about: string;
}

/** Supplies each life of a replica with settings, and takes its output. */
export interface Afterlife {
  /** @param caller name of this life and of its address of Meveto */
  settingsOf(caller: string): Promise<HostSettings>;
  /** The process has ended; `output` is what it wrote. */
  gone(caller: string, output: string): void;
}

/** One replica of the application, killed repeatedly; its successor is loaded while it lives. */
export class KilledReplica {
  readonly deaths: Death[] = [];
  readonly misbehaviour: Misbehaviour[] = [];
  #lives = 0;
  #caller = '';
  #host: HostProcess | undefined;
  #spare: Promise<HostProcess> | undefined;

  constructor(
    private readonly name: string,
    private readonly world: Afterlife,
    private readonly random: Random,
  ) {}

  get url(): string | undefined {
    return this.#host?.isRunning === true ? this.#host.url : undefined;
  }

  /** Starts and kills until `mayGoOn` returns false. */
  async dieUntil(mayGoOn: () => boolean): Promise<void> {
    while (mayGoOn()) await this.#liveOnce();
  }

  /** Starts once more and keeps running, with these additional options. */
  async stay(more: HostSettings['options']): Promise<void> {
    const host = await this.#next();
    const settings = await this.world.settingsOf(this.#caller);
    await host.start({ ...settings, options: { ...settings.options, ...more } });
  }

  async stop(): Promise<void> {
    await this.#stop(this.#host, 'SIGTERM');
    await (await this.#spare)?.end();
  }

  async #liveOnce(): Promise<void> {
    const host = await this.#next();
    const caller = this.#caller;
    this.#spare = HostProcess.load();
    const listening = host.start(await this.world.settingsOf(caller)).then(
      () => Date.now(),
      () => undefined,
    );
    const diesAtStart = this.random.chance(DIES_AT_START_SHARE);
    const listenedAt = diesAtStart ? undefined : await listening;
    if (!diesAtStart && listenedAt === undefined) this.#misbehaved('did not start', host);
    const killedBefore = this.deaths.at(-1)?.goneAt;
    await delay(this.random.between(...LIFE_MS));
    const signal = this.random.chance(SIGTERM_SHARE) ? 'SIGTERM' : 'SIGKILL';
    const at = Date.now();
    const isUp = listenedAt !== undefined && killedBefore !== undefined;
    await this.#kill(host, signal);
    this.deaths.push({
      caller,
      at,
      goneAt: Date.now(),
      signal,
      recoveryMs: isUp ? listenedAt - killedBefore : undefined,
    });
  }

  /**
   * A process that has already ended has died by itself, and so has one that ends in another way than by the signal. A
   * process that is asked to stop during its start may report that its start failed, because its connections are closed.
   */
  async #kill(host: HostProcess, signal: NodeJS.Signals): Promise<void> {
    const wasRunning = host.isRunning;
    const hasStopped = await this.#stop(host, signal);
    const exit = await host.exited();
    const isStartCutOff = signal === 'SIGTERM' && host.url === undefined && host.startFault !== undefined;
    const isAsTold = exit.signal === signal || exit.code === 0 || isStartCutOff;
    if (hasStopped && !(wasRunning && isAsTold)) this.#misbehaved('died by itself', host);
  }

  #misbehaved(rule: Misbehaviour['rule'], { output, startFault = '' }: HostProcess): void {
    this.misbehaviour.push({ rule, about: `${this.#caller}: ${startFault}${output.slice(-2_000)}` });
  }

  /** Loads the process of the next life. */
  async #next(): Promise<HostProcess> {
    const spare = this.#spare ?? HostProcess.load();
    this.#spare = undefined;
    this.#host = await spare;
    this.#lives += 1;
    this.#caller = `${this.name}, life ${String(this.#lives)}`;
    return this.#host;
  }

  /** Returns false when the process did not stop by itself and was killed. */
  async #stop(host: HostProcess | undefined, signal: NodeJS.Signals): Promise<boolean> {
    if (host === undefined) return true;
    const hasStopped = await within(
      STOPS_WITHIN_MS,
      `a process stops after ${signal}`,
      host.end(signal),
    ).then(
      () => true,
      () => false,
    );
    if (!hasStopped) {
      this.#misbehaved('did not stop', host);
      await host.end();
    }
    this.world.gone(this.#caller, host.output);
    return hasStopped;
  }
}
