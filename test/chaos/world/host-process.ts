import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import {
  RELEASE_FD,
  HALTED_FD,
  type HostMessage,
  type HostOrder,
  type HostSettings,
} from '../host/settings.js';

const LISTENS_WITHIN_MS = 30_000;
const HALTED_WITHIN_MS = 30_000;

let lastLoad: Promise<unknown> = Promise.resolve();

/** One application process, which a test may pause, end and resume. It is ended by its own id only. */
export class HostProcess {
  #output = '';
  #url: string | undefined;
  #startFault: string | undefined;
  readonly #loaded: Promise<void>;
  readonly #listening: Promise<string>;
  readonly #halted: Promise<void>;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    // A pipe to a killed process may break.
    for (const pipe of child.stdio) pipe?.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    this.#loaded = this.#messageOf('loaded', () => undefined);
    this.#listening = this.#messageOf('listening', ({ url }) => url);
    this.#halted = once(this.#pipes[HALTED_FD] as Readable, 'data').then(() => undefined);
    for (const promise of [this.#loaded, this.#listening, this.#halted]) promise.catch(() => undefined);
  }

  /**
   * Returns a process that has loaded everything and waits for its start. Processes load one at a time, because loading
   * takes a processor.
   */
  static load(script = 'dist/chaos/boot.cjs'): Promise<HostProcess> {
    const loaded = lastLoad.then(() => HostProcess.#load(script));
    lastLoad = loaded.catch(() => undefined);
    return loaded;
  }

  static async #load(script: string): Promise<HostProcess> {
    const child = fork(script, [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], NODE_ENV: 'test' },
      execArgv: [],
    });
    const host = new HostProcess(child);
    await host.#loaded;
    return host;
  }

  /** Starts the process. Resolves when it listens; rejects when it ends before. */
  start(settings: HostSettings): Promise<string> {
    this.#order({ kind: 'start', settings });
    return within(LISTENS_WITHIN_MS, 'the application listens', this.#listening).then((url) => {
      this.#url = url;
      return url;
    });
  }

  get #pipes(): readonly unknown[] {
    return this.child.stdio;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The URL; undefined until the process listens. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Why the start failed, if the process has reported it. */
  get startFault(): string | undefined {
    return this.#startFault;
  }

  /** Standard output and error of the process. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when the process has halted. */
  halted(): Promise<void> {
    const ended = this.#exited.then(() => {
      throw new Error(`the application ended before it halted:\n${this.#output}`);
    });
    ended.catch(() => undefined);
    return within(HALTED_WITHIN_MS, 'the application halts', Promise.race([this.#halted, ended]));
  }

  /** Releases a halted process. */
  release(): void {
    (this.#pipes[RELEASE_FD] as Writable).write('.');
    if (this.child.connected) this.#order({ kind: 'release' });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#exited;
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.signal(signal);
    await this.#exited;
  }

  #order(order: HostOrder): void {
    this.child.send(order, () => undefined);
  }

  #messageOf<K extends HostMessage['kind'], T>(
    kind: K,
    read: (message: Extract<HostMessage, { kind: K }>) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.child.on('message', (message: HostMessage) => {
        if (message.kind === kind) resolve(read(message as Extract<HostMessage, { kind: K }>));
        if (message.kind === 'failed') {
          this.#startFault = message.message;
          reject(new Error(`the application did not start: ${message.message}`));
        }
      });
      void this.#exited.then(() => {
        reject(new Error(`the application ended before it was ${kind}:\n${this.#output}`));
      });
    });
  }
}

/** Rejects when the promise does not settle in time, with what was waited for. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not within ${String(timeoutMs)} ms: ${what}`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
