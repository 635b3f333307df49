import {
  asIterable,
  asMap,
  asMultimap,
  bagState,
  combiningState,
  type DoFn,
  definePipeline,
  eventTimer,
  fixedWindows,
  type KV,
  mapState,
  type OffsetRange,
  OffsetRangeTracker,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  processingTimer,
  resumeAfter,
  type SplittableFn,
  seconds,
  splittable,
  sum,
  valueState,
} from 'millrace';
import { testStream, timestamped } from 'millrace/testing';
import { say, waitUntil } from './gate.js';

/*
 * Small pipelines whose bundles are recorded on engines. They are told what to do by their input alone: nothing in them takes
 * its time or looks at a clock, but what waits at a gate.
 */

type Pair = KV<string, number>;

const pair = (key: string, value: number): Pair => ({ key, value });
const pairs = (p: Pipeline, ...all: readonly Pair[]): PCollection<Pair> =>
  p.create('pairs', all, { timestamps: all.map(({ value }) => value) });

/** What comes out of the step before it is sent to the engine, because another stage goes on with it. */
const goOn = (out: PCollection<unknown>): void => void out.reshuffle('go on').map('end', () => undefined);

/** State of several keys. */
export const counting = definePipeline({
  name: 'counting',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('b', 2), pair('a', 3)).parDo(
        'count',
        () => ({
          process({ key }: Pair, { state, output }) {
            const count = (state.count.read() ?? 0) + 1;
            state.count.write(count);
            output(`${key}: ${count}`);
          },
        }),
        { state: { count: valueState<number>() } },
      ),
    );
  },
});

/** Cells of several kinds, written in one bundle and read in a later one, which a timer makes. */
export const remembering = definePipeline({
  name: 'remembering',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('a', 2), pair('a', 3), pair('a', 4)).parDo(
        'remember',
        () => ({
          process({ value }: Pair, { state, timers }) {
            state.all.add(`the value ${value}`);
            state.sum.add(value);
            state.squares.put(value, value * value);
            state.squares.put(1, value);
            timers.end.set(10);
          },
          onTimer: {
            end({ key, state, output }) {
              const squares = [...state.squares.entries()].sort(([a], [b]) => a - b);
              output(JSON.stringify([key, [...state.all.read()].sort(), state.sum.read(), squares]));
              state.all.clear();
              state.squares.remove(1);
            },
          },
        }),
        {
          state: { all: bagState<string>(), sum: combiningState(sum()), squares: mapState<number, number>() },
          timers: { end: eventTimer() },
        },
      ),
    );
  },
});

/** Timers in event time: by tags, cleared, set again, and such that set others. */
export const eventTimers = definePipeline({
  name: 'event-timers',
  build(p) {
    goOn(
      pairs(p, pair('k', 0)).parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.later.set(20, { tag: 'two', outputTimestamp: 3 });
            timers.later.set(10, { tag: 'one' });
            timers.later.set(15, { tag: 'never' });
            timers.later.clear('never');
            timers.later.set(30, { tag: 'moved' });
            timers.later.set(5, { tag: 'moved' });
          },
          onTimer: {
            later({ tag, timestamp, firingTime, timers, output }) {
              output(`${tag} ${timestamp} ${firingTime}`);
              if (tag === 'two') timers.later.set(40, { tag: 'again' });
            },
          },
        }),
        { timers: { later: eventTimer() } },
      ),
    );
  },
});

/** Timers by the clock, one of which is cleared. */
export const clockTimers = definePipeline({
  name: 'clock-timers',
  build(p) {
    goOn(
      pairs(p, pair('k', 0)).parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.soon.setAfter(1, { outputTimestamp: 7 });
            timers.soon.setAfter(2, { tag: 'never' });
            timers.soon.clear('never');
          },
          onTimer: {
            soon({ tag, timestamp, timers, output }) {
              output(`soon${tag} ${timestamp}`);
              if (tag === '') timers.soon.setAfter(1, { tag: ' again' });
            },
          },
        }),
        { timers: { soon: processingTimer() } },
      ),
    );
  },
});

/** Two families, whose timers are due among each other. */
export const twoFamilies = definePipeline({
  name: 'two-families',
  build(p) {
    goOn(
      pairs(p, pair('a', 0), pair('b', 1)).parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.other.set(40);
            timers.one.set(30, { tag: 'late' });
            timers.other.set(20, { tag: 'early' });
            timers.one.set(10);
          },
          onTimer: {
            one: ({ key, firingTime, output }) => output(`${key} one ${firingTime}`),
            other: ({ key, firingTime, output }) => output(`${key} other ${firingTime}`),
          },
        }),
        { timers: { one: eventTimer(), other: eventTimer() } },
      ),
    );
  },
});

/** The end of windows, which is a timer of ours. */
export const expiration = definePipeline({
  name: 'expiration',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('a', 12))
        .windowInto('windows', fixedWindows(10))
        .parDo(
          'count',
          () => ({
            process(_: Pair, { state, timers, window }) {
              state.count.write((state.count.read() ?? 0) + 1);
              timers.before.set(window.maxTimestamp - 5);
            },
            onTimer: {
              before({ state, timers, window }) {
                state.count.write((state.count.read() ?? 0) + 10);
                // Due at once, and still before the end of the window.
                if ((state.count.read() ?? 0) < 20) timers.before.set(window.maxTimestamp);
              },
            },
            onWindowExpiration: ({ key, window, state, output }) =>
              output(`${key} ${window.start} ${state.count.read()}`),
          }),
          { state: { count: valueState<number>() }, timers: { before: eventTimer() } },
        ),
    );
  },
});

/** Elements of one key, in a bundle that an engine would like to split before it begins. */
export const keyWithState = definePipeline({
  name: 'key-with-state',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('a', 2), pair('a', 3)).parDo(
        'count',
        () => ({
          startBundle: () => waitUntil('before the first of the key', 'processBundleSplit'),
          process(_: Pair, { state, output }) {
            const count = (state.count.read() ?? 0) + 1;
            state.count.write(count);
            output(count);
          },
        }),
        { state: { count: valueState<number>() } },
      ),
    );
  },
});

const names = (p: Pipeline): PCollection<KV<string, string>> =>
  p.create('names', [
    { key: 'a', value: 'Ada' },
    { key: 'b', value: 'Barbara' },
    { key: 'a', value: 'Alan' },
  ]);

export const sideIterable = definePipeline({
  name: 'side-iterable',
  build(p) {
    goOn(
      p.create('main', [1, 2]).map('look', (n, { side }) => `${n} ${[...side].sort().join()}`, {
        sideInputs: { side: asIterable(p.create('letters', ['alpha', 'beta', 'gamma', 'delta'])) },
      }),
    );
  },
});

export const sideMultimap = definePipeline({
  name: 'side-multimap',
  build(p) {
    goOn(
      p
        .create('main', ['a', 'b', 'x'])
        .map('look', (key, { side }) => `${key} ${[...side.get(key)].sort().join()} ${side.has(key)}`, {
          sideInputs: { side: asMultimap(names(p)) },
        }),
    );
  },
});

/** All keys, then what each has. */
export const sideKeys = definePipeline({
  name: 'side-keys',
  build(p) {
    goOn(
      p.create('main', [1]).map('look', (_, { side }) => [...side.keys()].sort().join(), {
        sideInputs: { side: asMultimap(names(p)) },
      }),
    );
  },
});

export const sideMap = definePipeline({
  name: 'side-map',
  build(p) {
    const side = p.create('side', [pair('a', 1), pair('b', 2)]);
    goOn(
      p.create('main', ['a', 'x']).map('look', (key, { side: map }) => `${key} ${map.get(key)} ${map.size}`, {
        sideInputs: { side: asMap(side) },
      }),
    );
  },
});

/** Windows of the main input look at windows of the side input. */
export const sideWindows = definePipeline({
  name: 'side-windows',
  build(p) {
    const side = pairs(p, pair('early', 1), pair('late', 12)).windowInto('side windows', fixedWindows(10));
    goOn(
      p
        .create('main', [3, 13, 23], { timestamps: [3, 13, 23] })
        .windowInto('main windows', fixedWindows(10))
        .map('look', (n, { side: view }) => `${n} ${[...view].map(({ key }) => key).join()}`, {
          sideInputs: { side: asIterable(side) },
        }),
    );
  },
});

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
