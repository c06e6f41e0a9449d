/** Time in epoch milliseconds. Stores that have no clock of their own (memory, SQLite) use it. */
export abstract class Clock {
  abstract now(): number;
}

/** The machine's clock. */
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}
