import { AsyncLocalStorage } from 'node:async_hooks';
import { readSync, writeSync } from 'node:fs';
import { RELEASE_FD, HALTED_FD, type Halt, type HostOrder } from './settings.js';

/** Halts the process once, at the given place. */
export class Failpoint {
  readonly #method = new AsyncLocalStorage<string>();
  readonly #inProgress: string[] = [];
  /** Whether a webhook was received: an earlier claim finds nothing. */
  hasReceived = false;
  #isOver = false;

  constructor(private readonly halt: Halt | undefined) {}

  /** Runs a method of a port; the database driver reads the running method from the failpoint. */
  async run(method: string, work: () => unknown): Promise<unknown> {
    this.#inProgress.push(method);
    try {
      return await this.#method.run(method, work);
    } finally {
      this.#inProgress.splice(this.#inProgress.indexOf(method), 1);
    }
  }

  /** All methods in progress. */
  inProgress(): readonly string[] {
    return this.#inProgress;
  }

  /** The method that the caller runs for, if known. */
  ownMethod(): readonly string[] {
    const method = this.#method.getStore();
    return method === undefined ? [] : [method];
  }

  /** Resolves at once, except at the failpoint: there when the supervisor releases the process. */
  async pass(place: string): Promise<void> {
    if (!this.#isHere(place)) return;
    if (this.halt?.how === 'stop') {
      this.#stop(place);
      return;
    }
    const released = new Promise<void>((resolve) => {
      process.on('message', (order: HostOrder) => {
        if (order.kind === 'release') resolve();
      });
    });
    this.#report(place);
    await released;
  }

  /** The same for synchronous code: only a `stop` halts here. */
  passNow(place: string): void {
    if (this.halt?.how === 'stop' && this.#isHere(place)) this.#stop(place);
  }

  #isHere(place: string): boolean {
    return !this.#isOver && this.halt?.at === place;
  }

  /** Blocks the event loop: no timer, answer or signal is handled. */
  #stop(place: string): void {
    this.#report(place);
    readSync(RELEASE_FD, Buffer.alloc(1));
  }

  #report(place: string): void {
    this.#isOver = true;
    writeSync(HALTED_FD, `${place}\n`);
  }
}
