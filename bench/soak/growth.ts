/** A value that was sampled at even intervals. */
export interface Growth {
  /** Growth in one interval, by least squares. */
  readonly slope: number;
  /** Growth from the first sample to the last one, as a share of the mean. */
  readonly share: number;
  /** Whether the growth is more than its error and more than a twentieth of the mean. */
  readonly isGrowth: boolean;
}

const LEAST_SHARE = 0.05;
/** So many standard errors. */
const CERTAINTY = 3;

/** The samples after the warm-up: the first quarter is left out. */
export const afterWarmUp = <T>(samples: readonly T[]): readonly T[] =>
  samples.slice(Math.ceil(samples.length / 4));

export function growthOf(values: readonly number[]): Growth {
  const count = values.length;
  if (count < 3) throw new Error('Three samples at least show growth.');
  const middle = (count - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const [index, value] of values.entries()) {
    covariance += (index - middle) * (value - mean);
    variance += (index - middle) ** 2;
  }
  const slope = covariance / variance;
  const squares = values.reduce(
    (sum, value, index) => sum + (value - mean - slope * (index - middle)) ** 2,
    0,
  );
  const standardError = Math.sqrt(squares / (count - 2) / variance);
  const share = mean === 0 ? 0 : (slope * (count - 1)) / mean;
  return { slope, share, isGrowth: share > LEAST_SHARE && slope > CERTAINTY * standardError };
}
