import type { Figures } from './run-row.js';
import { median, type Pair, type RatioEstimate, ratioOfMedians } from './statistics.js';

/** CPU time does not grow when others use the machine too, but says nothing of what threads do side by side. */
export type Measure = 'cpu' | 'wall';

export type Verdict = 'slower' | 'faster' | 'same';

/** How long a workload takes on a row now, beside how long it took at another commit. */
export interface Comparison extends RatioEstimate {
  readonly work: string;
  readonly row: string;
  readonly measure: Measure;
  /** Medians, in seconds. */
  readonly old: number;
  readonly new: number;
  readonly verdict: Verdict;
}

/** The figure of one process: the median of its warm runs, or its only run. */
export function figureOf({ repeats = [] }: Figures, measure: Measure): number | undefined {
  const warm = repeats.length > 1 ? repeats.slice(1) : repeats;
  return median(warm.map(({ seconds, cpu_seconds }) => (measure === 'cpu' ? cpu_seconds : seconds)));
}

/** @param threshold how far from 1 a ratio may be, as a fraction, whatever the noise */
export function compareRuns(
  place: Pick<Comparison, 'work' | 'row' | 'measure'>,
  pairs: readonly Pair[],
  threshold: number,
): Comparison {
  const estimate = ratioOfMedians(pairs);
  return {
    ...place,
    ...estimate,
    old: median(pairs.map((pair) => pair.old))!,
    new: median(pairs.map((pair) => pair.new))!,
    verdict: verdictOf(estimate, threshold),
  };
}

function verdictOf({ ratio, low, high }: RatioEstimate, threshold: number): Verdict {
  if (ratio > 1 + threshold && low > 1) return 'slower';
  return ratio < 1 / (1 + threshold) && high < 1 ? 'faster' : 'same';
}
