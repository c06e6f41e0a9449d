const OPENS_AFTER = 5;
const FIRST_PROBE_MS = 1_500;
const PROBE_CAP_MS = 30_000;

/**
 * Stops asking Meveto after five exchanges in a row without an answer that counts, and sends one probe now and then: the
 * first within two seconds, later ones within thirty. A refused token is an answer: forged calls never open it. All times
 * are monotonic milliseconds.
 */
export class ExchangeBreaker {
  #failures = 0;
  #probeAt: number | undefined;
  #pauseMs = FIRST_PROBE_MS;
  #pauseBeforeMs = FIRST_PROBE_MS;

  get isOpen(): boolean {
    return this.#probeAt !== undefined;
  }

  /** How many exchanges may start now, at most `wanted`. A probe that is let through is not followed by another at once. */
  allows(wanted: number, now: number): number {
    if (this.#probeAt === undefined) return wanted;
    if (now < this.#probeAt || wanted === 0) return 0;
    return 1;
  }

  /** A probe was sent. */
  probed(now: number): void {
    if (this.#probeAt === undefined) return;
    this.#pauseBeforeMs = this.#pauseMs;
    this.#pauseMs = Math.min(PROBE_CAP_MS, this.#pauseMs * 2);
    this.#probeAt = now + this.#pauseMs;
  }

  /** What was to be a probe has not asked Meveto, or says nothing of it: the next one may ask at once. */
  unprobed(now: number): void {
    if (this.#probeAt === undefined) return;
    this.#pauseMs = this.#pauseBeforeMs;
    this.#probeAt = now;
  }

  /** Meveto answered: with a person, or that the token is bad. True if that ends an outage. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.#failures = 0;
    this.#probeAt = undefined;
    this.#pauseMs = FIRST_PROBE_MS;
    this.#pauseBeforeMs = FIRST_PROBE_MS;
    return wasOpen;
  }

  /** No answer that counts. True if that opens the breaker. */
  failed(now: number): boolean {
    this.#failures += 1;
    if (this.isOpen || this.#failures < OPENS_AFTER) return false;
    this.#probeAt = now + this.#pauseMs;
    return true;
  }
}
