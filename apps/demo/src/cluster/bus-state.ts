import { Logger } from '@nestjs/common';

/** The bus counts as back only after this time without a loss. */
const BACK_AFTER_MS = 3_000;

/** Whether the bus works. Logs when the bus is lost and when the bus is back. */
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
      this.#logger.log(`${this.name} is back: replicas learn of logouts at once again.`);
    }, BACK_AFTER_MS).unref();
  }

  down(): void {
    this.#isUp = false;
    clearTimeout(this.#back);
    this.#back = undefined;
    if (this.#isLost) return;
    this.#isLost = true;
    this.#logger.warn(
      `${this.name} is not available: until it is, replicas learn of each other's logouts within a second.`,
    );
  }
}
