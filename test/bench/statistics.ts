import { random } from './hashes.js';

/** The middle of the values, undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle];
  return sorted.length === 0 ? undefined : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What ratios are averaged by, so that the mean of inverse ratios is the inverse mean; undefined of none. */
export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The old and the new figure of two runs that followed each other. */
export interface Pair {
  readonly old: number;
  readonly new: number;
}

export interface RatioEstimate {
  /** Median of the new figures through median of the old. */
  readonly ratio: number;
  /** The interval that holds 95 of 100 ratios of resampled pairs. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;
const CONFIDENCE = 0.95;

/**
 * The ratio of two medians with its percentile bootstrap interval (Efron and Tibshirani, An Introduction to the Bootstrap,
 * 1993, chapter 13): the ratio is computed again of pairs drawn with replacement, 2,000 times. Processes are drawn, not
 * the repeats inside one, because that is where most of the variance is; and in pairs, because what the machine did
 * meanwhile changed both (Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013). The draws are the same
 * every time.
 *
 * @param pairs at least one
 */
export function ratioOfMedians(pairs: readonly Pair[]): RatioEstimate {
  const ratios = Array.from({ length: RESAMPLES }, (_, n) =>
    ratioIn(pairs.map((_, i) => pairs[random(n * pairs.length + i, 1) % pairs.length]!)),
  ).sort((a, b) => a - b);
  const outside = Math.floor(((1 - CONFIDENCE) / 2) * RESAMPLES);
  return { ratio: ratioIn(pairs), low: ratios[outside]!, high: ratios.at(-1 - outside)! };
}

function ratioIn(pairs: readonly Pair[]): number {
  return median(pairs.map((pair) => pair.new))! / median(pairs.map((pair) => pair.old))!;
}
