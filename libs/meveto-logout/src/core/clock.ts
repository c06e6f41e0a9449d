/** The clock of this process, epoch milliseconds. Stores have a clock of their own. */
export abstract class Clock {
  abstract now(): number;
}

/** The machine's clock. */
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}
