import { AsyncLocalStorage } from 'node:async_hooks';
import { readSync, writeSync } from 'node:fs';
import { GO_ON_FD, HELD_FD, type Hold, type HostOrder } from './settings.js';

/** Stops the process, once, at the place it was told. */
export class Gate {
  readonly #method = new AsyncLocalStorage<string>();
  readonly #onTheirWay: string[] = [];
  /** Whether a call has come in: a claim before that has nothing to find. */
  hasReceived = false;
  #isOver = false;

  constructor(private readonly hold: Hold | undefined) {}

  /** Runs a method of a port; the database driver below it asks which one it is. */
  async run(method: string, work: () => unknown): Promise<unknown> {
    this.#onTheirWay.push(method);
    try {
      return await this.#method.run(method, work);
    } finally {
      this.#onTheirWay.splice(this.#onTheirWay.indexOf(method), 1);
    }
  }

  /** All methods that were called and are not done. */
  onTheirWay(): readonly string[] {
    return this.#onTheirWay;
  }

  /** The method on whose behalf the caller runs, if it is known. */
  ownMethod(): readonly string[] {
    const method = this.#method.getStore();
    return method === undefined ? [] : [method];
  }

  /** Resolves at once, but at the place of the hold not until the supervisor says so. */
  async pass(place: string): Promise<void> {
    if (!this.#isHere(place)) return;
    if (this.hold?.how === 'stop') {
      this.#stop(place);
      return;
    }
    const goesOn = new Promise<void>((resolve) => {
      process.on('message', (order: HostOrder) => {
        if (order.kind === 'go-on') resolve();
      });
    });
    this.#say(place);
    await goesOn;
  }

  /** The same where nobody can wait: only a `stop` holds here. */
  passNow(place: string): void {
    if (this.hold?.how === 'stop' && this.#isHere(place)) this.#stop(place);
  }

  #isHere(place: string): boolean {
    return !this.#isOver && this.hold?.at === place;
  }

  /** The event loop stands still: no timer, no answer, no signal is handled. */
  #stop(place: string): void {
    this.#say(place);
    readSync(GO_ON_FD, Buffer.alloc(1));
  }

  #say(place: string): void {
    this.#isOver = true;
    writeSync(HELD_FD, `${place}\n`);
  }
}
