/** What is kept for longer is asked this often whether it is still there. */
const ASK_EVERY_MS = 2_000;

/** Asks a kept connection again and again whether it is there: when its network is gone, nothing else tells. */
export class Pulse {
  #timer!: NodeJS.Timeout;
  #isStopped = false;

  /**
   * @param ask what a connection that is there answers
   * @param onSilence called once, when a question had no good answer for so long; it is asked nothing more
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
        // A failure, such as a time-out of the client's own, leaves it silent.
        () => undefined,
      );
    });
  }

  #after(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(work, ms).unref();
  }
}
