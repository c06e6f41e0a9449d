/** Upper bounds of the buckets of every histogram, in milliseconds: from a step in memory to a job that expires. */
export const BUCKETS_MS = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 600_000, 3_600_000,
] as const;

/** Measured durations as cumulative counts. */
export interface Durations {
  /** Number of measured durations. */
  readonly count: number;
  /** Sum of all measured durations, in milliseconds. */
  readonly sumMs: number;
  /** How many durations were at most `upToMs` milliseconds long. `count` also counts longer ones. */
  readonly buckets: readonly { readonly upToMs: number; readonly count: number }[];
}

/** Counts durations in fixed buckets. A measurement creates no object. */
export class Histogram {
  /** One bucket more than there are bounds. */
  readonly #counts = new Float64Array(BUCKETS_MS.length + 1);
  #sumMs = 0;

  add(ms: number): void {
    let bucket = 0;
    while (ms > (BUCKETS_MS[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += ms;
  }

  read(): Durations {
    let count = 0;
    const buckets = BUCKETS_MS.map((upToMs, index) => {
      count += this.#counts[index] ?? 0;
      return { upToMs, count };
    });
    return { count: count + (this.#counts.at(-1) ?? 0), sumMs: this.#sumMs, buckets };
  }
}
