import { appendFileSync } from 'node:fs';
import {
  type Counter,
  create,
  type DoFn,
  type DoFnContext,
  definePipeline,
  eventTimer,
  type FinishBundleContext,
  generateSequence,
  type KV,
  type OffsetRange,
  OffsetRangeTracker,
  type PollResult,
  type ProcessContext,
  type RestrictionTracker,
  type SourceOutput,
  type SourceReader,
  type SplittableDoFn,
  type SplittableFn,
  splittable,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { AppendLines, output } from './append-lines.js';

/** All numbers below 20,000, from a source that is split, by one key. */
export const sequence = definePipeline({
  name: 'sequence',
  options: output,
  build(p, { output }) {
    p.apply('numbers', generateSequence({ from: 0, to: 20_000 }))
      .combineGlobally('sum', sum())
      .parDo('write', () => new AppendLines(output));
  },
});

interface Range {
  readonly from: number;
  readonly to: number;
}

class RangeTracker implements RestrictionTracker<Range, number> {
  #claimed: number;
  constructor(private range: Range) {
    this.#claimed = range.from - 1;
  }
  tryClaim(position: number): boolean {
    if (position >= this.range.to) return false;
    this.#claimed = position;
    return true;
  }
  trySplit(): Range | undefined {
    const at = this.#claimed + 1;
    if (at >= this.range.to) return undefined;
    const residual = { from: at, to: this.range.to };
    this.range = { from: this.range.from, to: at };
    return residual;
  }
  currentRestriction(): Range {
    return this.range;
  }
  progress() {
    return { completed: this.#claimed - this.range.from + 1, remaining: this.range.to - this.#claimed - 1 };
  }
  checkDone(): void {
    if (this.#claimed + 1 < this.range.to) throw new Error(`claimed up to ${this.#claimed} of ${this.range.to}`);
  }
}

/**
 * An unbounded source that has nothing for a while after every third number, and comes to an end all the same. Writes to
 * a file what it was told is safe.
 */
class Trickle implements SplittableDoFn<Range, number, Range, number> {
  readonly isBounded = false;
  readonly restrictionCoder = valueCoder<Range>();
  constructor(private readonly acknowledged: string) {}
  initialRestriction(range: Range): Range {
    return range;
  }
  newTracker(range: Range): RangeTracker {
    return new RangeTracker(range);
  }
  open(_: Range, tracker: RangeTracker, context: { readonly initialWatermark: number }): SourceReader<number> {
    let next = tracker.currentRestriction().from;
    let watermark = context.initialWatermark;
    const { acknowledged } = this;
    return {
      poll(out: SourceOutput<number>): PollResult {
        if (!tracker.tryClaim(next)) return 'done';
        out.emit(next, next * 1_000);
        watermark = next * 1_000;
        next++;
        return next % 3 === 0 ? { kind: 'resumeAfter', delayMs: 20 } : 'more';
      },
      watermark: () => watermark,
      checkpoint() {
        const upTo = next;
        return () => appendFileSync(acknowledged, `${upTo}\n`);
      },
      close: () => undefined,
    };
  }
}

export const trickle = definePipeline({
  name: 'trickle',
  options: output,
  build(p, { output }) {
    p.read('numbers', () => new Trickle(`${output}.acknowledged`), { from: 0, to: 10 })
      .map('square', (n) => n * n)
      .parDo('write', () => new AppendLines(output));
  },
});

/** Bounded work that takes its time: 150 ms for each number. */
class Slow implements SplittableDoFn<number, number, Range, number> {
  readonly isBounded = true;
  readonly restrictionCoder = valueCoder<Range>();
  initialRestriction(n: number): Range {
    return { from: n * 2, to: n * 2 + 2 };
  }
  newTracker(range: Range): RangeTracker {
    return new RangeTracker(range);
  }
  open(_: number, tracker: RangeTracker): SourceReader<number> {
    let next = tracker.currentRestriction().from;
    let rested = false;
    return {
      poll(out: SourceOutput<number>): PollResult {
        rested = !rested;
        if (rested) return { kind: 'resumeAfter', delayMs: 150 };
        if (!tracker.tryClaim(next)) return 'done';
        out.emit(next++, 0);
        return 'more';
      },
      watermark: () => 0,
      close: () => undefined,
    };
  }
}

class CountBundles implements DoFn<number, number> {
  #bundles: Counter | undefined;
  setup({ metrics }: DoFnContext): void {
    this.#bundles = metrics.counter('bundles');
  }
  startBundle(): void {
    this.#bundles?.inc();
  }
  process(n: number, context: ProcessContext<number>): void {
    context.output(n);
  }
}

/** Several pieces of slow work, which an engine may spread. */
export const slow = definePipeline({
  name: 'slow',
  options: output,
  build(p, { output }) {
    p.apply('seeds', create([0, 1, 2, 3, 4, 5]))
      .read('slowly', () => new Slow())
      .parDo('bundles', () => new CountBundles())
      .parDo('write', () => new AppendLines(output));
  },
});

/** Never ends. */
export const endless = definePipeline({
  name: 'endless',
  options: output,
  build(p, { output }) {
    p.apply('numbers', generateSequence({ ratePerSecond: 50 })).parDo('write', () => new AppendLines(output));
  },
});

/** Writes to a file what it was told is safe. */
class Acknowledged implements DoFn<number, number> {
  constructor(private readonly path: string) {}
  process(n: number, context: ProcessContext<number>): void {
    context.output(n);
    context.afterCommit(() => appendFileSync(this.path, `${n}\n`));
  }
}

export const acknowledged = definePipeline({
  name: 'acknowledged',
  options: output,
  build(p, { output }) {
    p.apply('numbers', create([1, 2, 3]))
      .parDo('acknowledge', () => new Acknowledged(`${output}.acknowledged`), { requestsFinalization: true })
      .parDo('write', () => new AppendLines(output));
  },
});

const remembered = { state: { sum: valueState<number>() }, timers: { end: eventTimer() } } as const;

/** The sum of each key at its end, with callbacks out of `process` and `finishBundle`. */
class AcknowledgedSum implements DoFn<KV<string, number>, number, typeof remembered> {
  constructor(private readonly path: string) {}
  process({ value }: KV<string, number>, context: ProcessContext<number, typeof remembered>): void {
    const { state, timers, window } = context;
    state.sum.write((state.sum.read() ?? 0) + value);
    timers.end.set(window.maxTimestamp);
    context.afterCommit(() => appendFileSync(this.path, `${value}\n`));
  }
  readonly onTimer = {
    end: ({ state, output }: TimerContext<number, typeof remembered>): void => output(state.sum.read() ?? 0),
  };
  finishBundle(context: FinishBundleContext<number>): void {
    context.afterCommit(() => appendFileSync(this.path, 'bundle\n'));
  }
}

export const acknowledgedBesideState = definePipeline({
  name: 'acknowledged-beside-state',
  options: output,
  build(p, { output }) {
    p.apply('numbers', create([1, 2, 3]))
      .keyBy((n) => (n % 2 === 0 ? 'even' : 'odd'))
      .parDo('acknowledge', () => new AcknowledgedSum(`${output}.acknowledged`), {
        ...remembered,
        requestsFinalization: true,
      })
      .parDo('write', () => new AppendLines(output));
  },
});

/** Numbers that take 50 ms each, in one piece until it is split. */
const slowNumbers: SplittableFn<number, number, OffsetRange, number> = {
  initialRestriction: (to) => ({ from: 0, to }),
  newTracker: (range) => new OffsetRangeTracker(range),
  *process(_, tracker, context) {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(at);
      yield new Promise<void>((resolve) => setTimeout(resolve, 50));
    }
  },
};

/** One piece of slow work, of which an engine may give a part to others. */
export const divided = definePipeline({
  name: 'divided',
  options: output,
  build(p, { output }) {
    p.read('slowly', () => splittable(slowNumbers), 60)
      .parDo('bundles', () => new CountBundles())
      .parDo('write', () => new AppendLines(output));
  },
});
