import {
  type DoFn,
  definePipeline,
  fixedWindows,
  type OffsetRange,
  OffsetRangeTracker,
  type ProcessContext,
  resumeAfter,
  type SplittableFn,
  seconds,
  splittable,
  sum,
} from 'millrace';
import { testStream, timestamped } from 'millrace/testing';
import { say, waitUntil } from './gate.js';

import { goOn, type Pair, pair, pairs } from './shapes.js';

/*
 * Small pipelines whose bundles are recorded on engines. They are told what to do by their input alone: nothing in them takes
 * its time or looks at a clock, but what waits at a gate.
 */

export * from './side-input-pipelines.js';
export * from './stateful-pipelines.js';

/** Numbers of a range, and how work on them goes on. */
const numbers = {
  initialRestriction: (to: number): OffsetRange => ({ from: 0, to }),
  newTracker: (range: OffsetRange) => new OffsetRangeTracker(range),
};

/** Gives back what is left after every second number, to be gone on with after a delay. */
const inTwos: SplittableFn<number, number, OffsetRange, number> = {
  ...numbers,
  isBounded: false,
  requestsFinalization: true,
  *process(_, tracker, context) {
    const { from } = tracker.currentRestriction();
    for (let at = from; at < from + 2; at++) {
      if (!tracker.tryClaim(at)) return;
      context.output(at, at * 10);
    }
    context.afterCommit(() => say(`safe from ${from}`));
    return resumeAfter(20);
  },
};

/** Unbounded work that checkpoints itself. */
export const selfCheckpoints = definePipeline({
  name: 'self-checkpoints',
  build(p) {
    goOn(p.create('ends', [5]).read('count', () => splittable(inTwos)));
  },
});

/** Stands at a gate before its first number. */
const atAGate = (name: number): SplittableFn<number, number, OffsetRange, number> => ({
  ...numbers,
  *process(to, tracker, context) {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(at, 0);
      if (to === name && at === 2) yield waitUntil(`at 2 of ${to}`, 'processBundleSplit');
    }
  },
});

/** Several elements in one bundle, the first of which stands still: the others are given away. */
export const channelSplit = definePipeline({
  name: 'channel-split',
  build(p) {
    goOn(p.create('ends', [4, 5, 6, 7, 8]).read('count', () => splittable(atAGate(4))));
  },
});

/** One element, of which a part is given away. */
export const elementSplit = definePipeline({
  name: 'element-split',
  build(p) {
    goOn(p.create('ends', [10]).read('count', () => splittable(atAGate(10))));
  },
});

/** Callbacks for when the bundle is safe. */
export const finalization = definePipeline({
  name: 'finalization',
  build(p) {
    goOn(
      p.create('words', ['one', 'two']).parDo(
        'tell',
        () => ({
          process(word: string, context: ProcessContext<string>) {
            context.output(word);
            context.afterCommit(() => say(`${word} is safe`));
          },
        }),
        { requestsFinalization: true },
      ),
    );
  },
});

/** Metrics of all kinds. */
class Measure implements DoFn<string, string> {
  process(word: string, context: ProcessContext<string>): void {
    context.metrics.counter('letters').inc(word.length);
    context.metrics.counter('halves').inc(word.length / 2);
    context.metrics.distribution('lengths').update(word.length);
    context.metrics.gauge('last').set(word.length);
    context.metrics.stringSet('words').add(word);
    context.output(word);
  }
}

const WORDS = ['a', 'longer', 'word'];

export const metrics = definePipeline({
  name: 'metrics',
  build(p) {
    goOn(p.create('words', WORDS).parDo('measure', () => new Measure()));
  },
});

/** What is said of a bundle while it runs. */
export const progress = definePipeline({
  name: 'progress',
  build(p) {
    class Slow extends Measure {
      finishBundle(): Promise<void> {
        return waitUntil('behind the last word', 'processBundleProgress');
      }
    }
    goOn(
      p
        .create('words', WORDS)
        .reshuffle('spread')
        .parDo('measure', () => new Slow()),
    );
  },
});

export const failing = definePipeline({
  name: 'failing',
  build(p) {
    goOn(
      p.create('words', ['good', 'bad']).map('check', (word) => {
        if (word === 'bad') throw new RangeError('no bad words');
        return word;
      }),
    );
  },
});

/** What a Flatten lists twice. */
export const twice = definePipeline({
  name: 'twice',
  build(p) {
    const words = p.create('words', ['a', 'b']).map('hand on', (word) => word);
    goOn(words.flatten('flatten', words).map('see', (word) => `${word}!`));
  },
});

/** Elements of a stream that a test makes. */
export const streamed = definePipeline({
  name: 'streamed',
  build(p) {
    const stream = testStream<Pair>()
      .addElements(timestamped(pair('a', 1), 1))
      .advanceWatermark(10)
      .addElements(timestamped(pair('b', 2), 12));
    goOn(p.apply(stream).map('see', ({ key, value }) => `${key}${value}`));
  },
});

/** A combination, which some engines lift, and others are given in parts. */
export const combined = definePipeline({
  name: 'combined',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('b', 2), pair('a', 12))
        .windowInto('windows', fixedWindows(seconds(10)))
        .combinePerKey('sum', sum()),
    );
  },
});
