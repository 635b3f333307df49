import {
  type Counter,
  type Distribution,
  type DistributionValue,
  type Gauge,
  type GaugeValue,
  type MetricResult,
  type Metrics,
  STRING_SET_LIMIT,
  type StringSet,
} from '../../sdk/model/index.js';
import { Marks } from './marks.js';

/**
 * One metric of one task. Counting touches plain fields only; what a barrier finds in them is remembered until its epoch is
 * finalised.
 */
interface Cell {
  /** The barrier of an epoch passes: what stands here now belongs to the epochs up to it. */
  mark(epoch: number): void;
  /** Epochs up to this one are finalised: what led to them is not done again. */
  commit(epoch: number): void;
  result(step: string, name: string): MetricResult | undefined;
  reset(): void;
}

class CounterCell implements Counter, Cell {
  #value = 0;
  readonly #marks = new Marks<number>();
  inc(by = 1): void {
    this.#value += by;
  }
  mark(epoch: number): void {
    this.#marks.mark(epoch, this.#value);
  }
  commit(epoch: number): void {
    this.#marks.commit(epoch);
  }
  result(step: string, name: string): MetricResult {
    const { committed } = this.#marks;
    return { kind: 'counter', step, name, value: this.#value, ...(committed !== undefined && { committed }) };
  }
  reset(): void {
    this.#value = 0;
  }
}

class DistributionCell implements Distribution, Cell {
  #sum = 0;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  readonly #marks = new Marks<DistributionValue | undefined>();
  /** As it was last asked for: of the same count nothing has changed. */
  #last: DistributionValue | undefined;
  update(value: number): void {
    this.#sum += value;
    this.#count++;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }
  mark(epoch: number): void {
    this.#marks.mark(epoch, this.#value());
  }
  commit(epoch: number): void {
    this.#marks.commit(epoch);
  }
  result(step: string, name: string): MetricResult | undefined {
    const value = this.#value();
    if (value === undefined) return undefined;
    const { committed } = this.#marks;
    return { kind: 'distribution', step, name, value, ...(committed !== undefined && { committed }) };
  }
  reset(): void {
    this.#sum = 0;
    this.#count = 0;
    this.#last = undefined;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }
  #value(): DistributionValue | undefined {
    if (this.#count === 0) return undefined;
    if (this.#last?.count !== this.#count)
      this.#last = { sum: this.#sum, count: this.#count, min: this.#min, max: this.#max };
    return this.#last;
  }
}

class GaugeCell implements Gauge, Cell {
  #value: GaugeValue | undefined;
  readonly #marks = new Marks<GaugeValue | undefined>();
  constructor(private readonly now: () => number) {}
  set(value: number): void {
    this.#value = { value, timestamp: this.now() };
  }
  mark(epoch: number): void {
    this.#marks.mark(epoch, this.#value);
  }
  commit(epoch: number): void {
    this.#marks.commit(epoch);
  }
  result(step: string, name: string): MetricResult | undefined {
    const value = this.#value;
    if (value === undefined) return undefined;
    const { committed } = this.#marks;
    return { kind: 'gauge', step, name, value, ...(committed !== undefined && { committed }) };
  }
  reset(): void {
    this.#value = undefined;
  }
}

class StringSetCell implements StringSet, Cell {
  readonly #values = new Set<string>();
  #length = 0;
  // The set only grows and keeps its order, so that its size says which strings were there.
  readonly #marks = new Marks<number>();
  add(...values: string[]): void {
    for (const value of values) {
      if (this.#length + value.length > STRING_SET_LIMIT || this.#values.has(value)) continue;
      this.#values.add(value);
      this.#length += value.length;
    }
  }
  mark(epoch: number): void {
    this.#marks.mark(epoch, this.#values.size);
  }
  commit(epoch: number): void {
    this.#marks.commit(epoch);
  }
  result(step: string, name: string): MetricResult | undefined {
    const all = [...this.#values];
    if (all.length === 0) return undefined;
    const committed = all.slice(0, this.#marks.committed ?? 0).sort();
    return {
      kind: 'stringSet',
      step,
      name,
      value: all.sort(),
      ...(committed.length > 0 && { committed }),
    };
  }
  reset(): void {
    this.#values.clear();
    this.#length = 0;
  }
}

class StepMetrics implements Metrics {
  readonly counters = new Map<string, CounterCell>();
  readonly distributions = new Map<string, DistributionCell>();
  readonly gauges = new Map<string, GaugeCell>();
  readonly stringSets = new Map<string, StringSetCell>();
  constructor(private readonly now: () => number) {}
  counter(name: string): Counter {
    return cellOf(this.counters, name, () => new CounterCell());
  }
  distribution(name: string): Distribution {
    return cellOf(this.distributions, name, () => new DistributionCell());
  }
  gauge(name: string): Gauge {
    return cellOf(this.gauges, name, () => new GaugeCell(this.now));
  }
  stringSet(name: string): StringSet {
    return cellOf(this.stringSets, name, () => new StringSetCell());
  }
  *cells(): Generator<[name: string, cell: Cell]> {
    yield* this.counters;
    yield* this.distributions;
    yield* this.gauges;
    yield* this.stringSets;
  }
}

function cellOf<C>(cells: Map<string, C>, name: string, make: () => C): C {
  let cell = cells.get(name);
  if (cell === undefined) {
    cell = make();
    cells.set(name, cell);
  }
  return cell;
}

/** The metrics of one task, by step. */
export class MetricCells {
  readonly #steps = new Map<string, StepMetrics>();

  /** @param now processing time, of which gauges are: milliseconds since the epoch. */
  constructor(private readonly now: () => number) {}

  forStep(step: string): Metrics {
    return cellOf(this.#steps, step, () => new StepMetrics(this.now));
  }

  /** The barrier of an epoch passes the task. */
  mark(epoch: number): void {
    for (const [, , cell] of this.#cells()) cell.mark(epoch);
  }

  /** Epochs up to this one are finalised. */
  commit(epoch: number): void {
    for (const [, , cell] of this.#cells()) cell.commit(epoch);
  }

  results(): MetricResult[] {
    return [...this.#cells()].flatMap(([step, name, cell]) => cell.result(step, name) ?? []);
  }

  /** What came since the last call; counters that stand still are left out. */
  take(): MetricResult[] {
    const results = this.results().filter((metric) => metric.kind !== 'counter' || metric.value !== 0);
    for (const [, , cell] of this.#cells()) cell.reset();
    return results;
  }

  *#cells(): Generator<[step: string, name: string, cell: Cell]> {
    for (const [step, metrics] of this.#steps) for (const [name, cell] of metrics.cells()) yield [step, name, cell];
  }
}
