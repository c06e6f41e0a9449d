/** A figure: the median and the quartiles of its rounds. */
export interface Ratio {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
  readonly rounds: number;
}

/** How much a measure does. */
export interface Scale {
  /** True: fewer rounds and smaller loads, so that all measures together take two minutes at most. */
  readonly isQuick: boolean;
  /**
   * Whether another round may begin. False in a quick run once the measure has taken its share of two minutes: on a slow or busy machine
   * it then has fewer rounds.
   */
  readonly hasTime: () => boolean;
  /** Reports that `done` of `of` steps are over. */
  readonly progress: (done: number, of: number) => void;
}

/** One measurement, which writes one or several figures. It runs in a process of its own. */
export interface Measure {
  /** Names of the ratios that it writes. */
  readonly names: readonly string[];
  run(scale: Scale): Promise<Readonly<Record<string, Ratio>>>;
}

/** Median and quartiles of figures that were measured once a round. */
export function ratioOf(rounds: readonly number[]): Ratio {
  if (rounds.length === 0 || !rounds.every(Number.isFinite))
    throw new Error(`A figure needs finite rounds: [${rounds.join(', ')}].`);
  return {
    median: quantile(rounds, 0.5),
    q1: quantile(rounds, 0.25),
    q3: quantile(rounds, 0.75),
    rounds: rounds.length,
  };
}

/** The quantile at `share` (0 to 1), interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
