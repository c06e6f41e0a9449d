import { Logger } from '@nestjs/common';

/** A bus that comes and goes is not back yet. */
const BACK_AFTER_MS = 3_000;

/** Whether the bus works, and a word in the log when it is lost and when it is back to stay. */
export class BusState {
  readonly #logger = new Logger('Cluster');
  #isUp = false;
  #isLost = false;
  #back: NodeJS.Timeout | undefined;

  constructor(private readonly name: string) {}

  get isUp(): boolean {
    return this.#isUp;
  }

  up(): void {
    this.#isUp = true;
    if (!this.#isLost) return;
    this.#back ??= setTimeout(() => {
      this.#isLost = false;
      this.#logger.log(`${this.name} is back: replicas hear of logouts at once again.`);
    }, BACK_AFTER_MS).unref();
  }

  down(): void {
    this.#isUp = false;
    clearTimeout(this.#back);
    this.#back = undefined;
    if (this.#isLost) return;
    this.#isLost = true;
    this.#logger.warn(
      `${this.name} is not there: until it is, replicas hear of each other's logouts within a second.`,
    );
  }
}
