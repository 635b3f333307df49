import { groupBy } from './group-by.js';
import type { Figures } from './run-row.js';
import { median } from './statistics.js';

/** One process of a row. */
export interface Run extends Figures {
  readonly work: string;
  readonly size: number;
  readonly peer: string;
  readonly parallelism: number;
  /** Of the machine, a minute's mean, before the run. */
  readonly load: number;
  /** CPU seconds of one more run in the process, where that was measured from outside. */
  readonly cpu_seconds_difference?: number | undefined;
  /** Whether the result is the right one; undefined where nobody knows. */
  readonly verified?: boolean | undefined;
}

/** The medians of the repeats of a row and a workload. */
export interface Summary {
  readonly work: string;
  readonly size: number;
  readonly peer: string;
  readonly parallelism: number;
  readonly runs: number;
  readonly failed: number;
  readonly seconds: number | undefined;
  /** Of the last run in each process; of the only one, where the program cannot repeat. */
  readonly seconds_warm: number | undefined;
  readonly seconds_best: number | undefined;
  /** From the least to the most, through the median. */
  readonly spread: number | undefined;
  readonly warm_events_per_second: number | undefined;
  readonly cpu_seconds: number | undefined;
  readonly cpu_seconds_warm: number | undefined;
  /** The warm CPU seconds are the difference of two processes. */
  readonly cpu_is_difference: boolean;
  readonly peak_rss_mb: number | undefined;
  readonly load: number | undefined;
  readonly checksum: string;
  readonly verified: boolean;
}

export function summarise(runs: readonly Run[]): Summary[] {
  const groups = groupBy(runs, (run) => `${run.work} ${run.size} ${run.peer} ${run.parallelism}`);
  return [...groups.values()].map(summaryOf);
}

function summaryOf(runs: readonly Run[]): Summary {
  const { work, size, peer, parallelism } = runs[0]!;
  const good = runs.filter((run) => run.error === undefined);
  const known = (pick: (run: Run) => number | undefined) => good.map(pick).filter((value) => value !== undefined);
  const warm = known((run) => run.seconds_warm ?? run.seconds);
  const seconds = median(warm);
  const events = good[0]?.events;
  const ownCpu = median(known((run) => run.cpu_seconds_warm));
  return {
    work,
    size,
    peer,
    parallelism,
    runs: good.length,
    failed: runs.length - good.length,
    seconds: median(known((run) => run.seconds)),
    seconds_warm: seconds,
    seconds_best: warm.length > 0 ? Math.min(...warm) : undefined,
    spread: warm.length > 1 ? spreadOf(warm) : undefined,
    warm_events_per_second: events && seconds ? Math.round(events / seconds) : undefined,
    cpu_seconds: median(known((run) => run.cpu_seconds)),
    cpu_seconds_warm: ownCpu ?? steadyDifference(known((run) => run.cpu_seconds_difference)),
    cpu_is_difference: ownCpu === undefined,
    peak_rss_mb: median(known((run) => run.peak_rss_mb)),
    load: median(good.map((run) => run.load)),
    checksum: [...new Set(good.map((run) => run.checksum))].join(' '),
    verified: good.length > 0 && good.every((run) => run.verified === true),
  };
}

function spreadOf(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)!;
}

/** Differences of two noisy figures say something only where they agree with each other. */
const AGREEING = 0.5;

function steadyDifference(differences: readonly number[]): number | undefined {
  const isSteady = differences.length > 1 && Math.min(...differences) > 0 && spreadOf(differences) <= AGREEING;
  return isSteady ? median(differences) : undefined;
}
