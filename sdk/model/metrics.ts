import type { Timestamp } from './time.js';

/** A user counter; its value is summed over all tasks and reported by step and name. */
export interface Counter {
  inc(by?: number): void;
}

/** How the values that a step saw are distributed: their sum, count, least and greatest. */
export interface Distribution {
  update(value: number): void;
}

/** A value that replaces the one before: of all tasks, the latest counts. */
export interface Gauge {
  set(value: number): void;
}

/** Strings that a step met, each once. What does not fit into {@link STRING_SET_LIMIT} is left out. */
export interface StringSet {
  add(...values: string[]): void;
}

/** The metrics of a step, by name; names of different kinds do not meet. Ask once in `setup`, then keep what you got. */
export interface Metrics {
  counter(name: string): Counter;
  distribution(name: string): Distribution;
  gauge(name: string): Gauge;
  stringSet(name: string): StringSet;
}

/** Characters of all strings in a string set together, as in Beam. */
export const STRING_SET_LIMIT = 1_000_000;

export interface DistributionValue {
  readonly sum: number;
  /** At least 1. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

export interface GaugeValue {
  readonly value: number;
  /** When it was set. */
  readonly timestamp: Timestamp;
}

interface ResultOf<Kind extends string, Value> {
  readonly kind: Kind;
  /** Full name of the step. */
  readonly step: string;
  readonly name: string;
  /** Attempted: of all work that was done, also where it failed or is not acknowledged yet. */
  readonly value: Value;
  /**
   * Of work that is not done again after a failure: of epochs that are finalised, which what windows and state hold, and what
   * waits, holds back. Absent while none is, and where a runner does not tell.
   */
  readonly committed?: Value;
}

export type CounterResult = ResultOf<'counter', number>;
export type DistributionResult = ResultOf<'distribution', DistributionValue>;
export type GaugeResult = ResultOf<'gauge', GaugeValue>;
/** In the order of the strings. */
export type StringSetResult = ResultOf<'stringSet', readonly string[]>;

/** A distribution without a value, a gauge that was never set and an empty string set are not reported. */
export type MetricResult = CounterResult | DistributionResult | GaugeResult | StringSetResult;
export type MetricKind = MetricResult['kind'];

/** Puts the metrics of several tasks, threads or bundles together. */
export function mergeMetrics(lists: readonly (readonly MetricResult[])[]): MetricResult[] {
  const merged = new Map<string, MetricResult>();
  for (const metric of lists.flat()) {
    const id = JSON.stringify([metric.step, metric.name, metric.kind]);
    const before = merged.get(id);
    merged.set(id, before === undefined ? metric : mergeTwo(before, metric));
  }
  return [...merged.values()];
}

function mergeTwo(a: MetricResult, b: MetricResult): MetricResult {
  if (a.kind === 'counter' && b.kind === 'counter') return both(a, b, (x, y) => x + y);
  if (a.kind === 'distribution' && b.kind === 'distribution') return both(a, b, mergeDistributions);
  if (a.kind === 'gauge' && b.kind === 'gauge') return both(a, b, (x, y) => (y.timestamp >= x.timestamp ? y : x));
  if (a.kind === 'stringSet' && b.kind === 'stringSet') return both(a, b, mergeStringSets);
  return b;
}

function both<Kind extends MetricKind, Value>(
  a: ResultOf<Kind, Value>,
  b: ResultOf<Kind, Value>,
  merge: (a: Value, b: Value) => Value,
): ResultOf<Kind, Value> {
  const { kind, step, name } = a;
  const value = merge(a.value, b.value);
  const committed =
    a.committed === undefined ? b.committed : b.committed === undefined ? a.committed : merge(a.committed, b.committed);
  return { kind, step, name, value, ...(committed !== undefined && { committed }) };
}

function mergeDistributions(a: DistributionValue, b: DistributionValue): DistributionValue {
  return {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

function mergeStringSets(a: readonly string[], b: readonly string[]): readonly string[] {
  const all = new Set(a);
  let size = a.reduce((total, { length }) => total + length, 0);
  for (const value of b) {
    if (all.has(value) || size + value.length > STRING_SET_LIMIT) continue;
    all.add(value);
    size += value.length;
  }
  return [...all].sort();
}

/** The same, with all that was attempted as committed: a job that has ended well has acknowledged everything. */
export function allCommitted(metrics: readonly MetricResult[]): MetricResult[] {
  return metrics.map((metric) => ({ ...metric, committed: metric.value }) as MetricResult);
}
