import {
  asIterable,
  asList,
  asMultimap,
  asSingleton,
  type BoundedWindow,
  type DoFn,
  type FinishBundleContext,
  type OffsetRange,
  OffsetRangeTracker,
  type PCollection,
  type ProcessContext,
  type RestrictionClaims,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  toList,
} from 'millrace';
import type { VIEWS } from './scenario.js';
import { digest, type Pair, sorted } from './stateful-fns.js';

/** Counts what it sees, all of it: the outcome of a run is the values of these counters. */
export class See implements DoFn<Pair, void> {
  process({ key, value }: Pair, { pane, timestamp, window, metrics }: ProcessContext<void>): void {
    const { start, end, id } = window;
    const flags = `${pane.isFirst ? 'first' : ''}${pane.isLast ? 'last' : ''}`;
    const firing = `${pane.timing} ${pane.index}/${pane.nonSpeculativeIndex} ${flags}`;
    metrics
      .counter(`${key}=${value} @${timestamp} [${start},${end}${id === undefined ? '' : `:${id}`}) ${firing}`)
      .inc();
  }
}

/** Emits everything when its bundle ends. */
export class AtTheEnd implements DoFn<Pair, Pair> {
  private held: (readonly [Pair, number, BoundedWindow])[] = [];
  startBundle(): void {
    this.held = [];
  }
  process(element: Pair, { timestamp, window }: ProcessContext<Pair>): void {
    this.held.push([element, timestamp, window]);
  }
  finishBundle(context: FinishBundleContext<Pair>): void {
    for (const [element, timestamp, window] of this.held) context.output(element, timestamp, window);
  }
}

/** Moves elements on in time, within their windows. */
export class Later implements DoFn<Pair, Pair> {
  constructor(private readonly by: number) {}
  process(element: Pair, { timestamp, window, outputWithTimestamp }: ProcessContext<Pair>): void {
    outputWithTimestamp(element, Math.max(timestamp, Math.min(timestamp + this.by, window.maxTimestamp)));
  }
}

/** Three pieces of each element, between which it may pause. */
export class Pieces implements SplittableFn<Pair, Pair, OffsetRange, number> {
  constructor(private readonly pauseMs: number) {}
  initialRestriction(): OffsetRange {
    return { from: 0, to: 3 };
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
  *process(
    { key, value }: Pair,
    tracker: RestrictionClaims<OffsetRange, number>,
    context: SplittableContext<Pair>,
  ): SplittableWork {
    let at = tracker.currentRestriction().from;
    while (tracker.tryClaim(at)) {
      context.output({ key, value: digest(`${value}/${at++}`) });
      if (this.pauseMs > 0 && at < 3) return resumeAfter(this.pauseMs);
      yield;
    }
    return undefined;
  }
}

/** The elements of the main input, with what they see of the other. */
export function seeing(
  main: PCollection<Pair>,
  side: PCollection<Pair>,
  view: (typeof VIEWS)[number],
  name: string,
): PCollection<Pair> {
  const shown = ({ key, value }: Pair, seen: Iterable<string>): Pair => ({
    key,
    value: digest(`${value}{${sorted(seen)}}`),
  });
  switch (view) {
    case 'iterable': {
      const seen = asIterable(side.map(`${name} texts`, textOf));
      return main.map(name, (pair, views) => shown(pair, views.seen), { sideInputs: { seen } });
    }
    case 'list': {
      const seen = asList(side.map(`${name} texts`, textOf));
      return main.map(name, (pair, views) => shown(pair, views.seen), { sideInputs: { seen } });
    }
    case 'multimap': {
      const seen = asMultimap(side);
      return main.map(name, (pair, views) => shown(pair, views.seen.get(pair.key)), { sideInputs: { seen } });
    }
    case 'singleton': {
      const all = side.map(`${name} texts`, textOf).combineGlobally(`${name} all`, toList<string>());
      const seen = asSingleton(all, { default: ['nothing'] });
      return main.map(name, (pair, views) => shown(pair, views.seen), { sideInputs: { seen } });
    }
  }
}

const textOf = ({ key, value }: Pair): string => key + value;
