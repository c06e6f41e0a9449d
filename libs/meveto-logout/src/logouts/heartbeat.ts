/** Interval of the checks of a connection. */
const ASK_EVERY_MS = 2_000;

/** Checks a long-lived connection at intervals: nothing else reports a silent network failure. */
export class Heartbeat {
  #timer!: NodeJS.Timeout;
  #isStopped = false;

  /**
   * @param ask resolves when the connection works
   * @param silentForMs how long to wait for an answer
   * @param onSilence called once, when a check got no answer in this time; no further check follows
   */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly silentForMs: number,
    private readonly onSilence: () => void,
  ) {
    this.#wait();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#after(ASK_EVERY_MS, () => {
      this.#after(this.silentForMs, () => {
        this.stop();
        this.onSilence();
      });
      this.ask().then(
        () => {
          this.#wait();
        },
        // A failed check, for example by a time-out of the client, counts as silence.
        () => undefined,
      );
    });
  }

  #after(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(action, ms).unref();
  }
}
