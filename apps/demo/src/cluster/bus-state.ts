import { Logger } from '@nestjs/common';

/** Whether the bus works, and a word in the log each time that changes. */
export class BusState {
  readonly #logger = new Logger('Cluster');
  #isUp = false;
  #isLost = false;

  constructor(private readonly name: string) {}

  get isUp(): boolean {
    return this.#isUp;
  }

  up(): void {
    if (this.#isLost) this.#logger.log(`${this.name} is back: replicas hear of logouts at once again.`);
    this.#isUp = true;
    this.#isLost = false;
  }

  down(): void {
    if (!this.#isLost) {
      this.#logger.warn(
        `${this.name} is not there: until it is, replicas hear of each other's logouts within a second.`,
      );
    }
    this.#isUp = false;
    this.#isLost = true;
  }
}
