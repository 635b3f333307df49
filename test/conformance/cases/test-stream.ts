import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  bagState,
  type DoFn,
  eventTimer,
  type FinishBundleContext,
  fixedWindows,
  flatten,
  GlobalWindow,
  generateSequence,
  IntervalWindow,
  type KV,
  MIN_TIMESTAMP,
  never,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  processingTimer,
  seconds,
  sessionWindows,
  slidingWindows,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { kvCoder, stringUtf8Coder, varintCoder } from 'millrace/coders';
import { PAssert, testStream, testStreams, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const requires = ['testStream'] as const;
const testStreamCase = (build: (p: Pipeline) => void) => conformanceCase(build, { requires, alone: true });

const FIRST = new IntervalWindow(0, 10);
const SECOND = new IntervalWindow(10, 20);

/** Says where an element stands: `value@timestamp[start,end)`. */
class Where implements DoFn<unknown, string> {
  process(element: unknown, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    const window = context.window === GlobalWindow.INSTANCE ? 'global' : `[${start},${end})`;
    context.output(`${String(element)}@${context.timestamp === MIN_TIMESTAMP ? 'min' : context.timestamp}${window}`);
  }
}

const where = (elements: PCollection<unknown>): PCollection<string> => elements.parDo('Where', () => new Where());

/** The elements of each window and firing, sorted and joined. */
const groups = (elements: PCollection<string>): PCollection<string> =>
  elements
    .keyBy('Key', () => 'k')
    .groupByKey('Group')
    .map('Join', ({ value }) => [...value].sort().join('+'));

export const elementsBeforeAnyWatermark = testStreamCase((p) => {
  const words = p.apply(testStream<string>().addElements('a', 'b').addElements(timestamped('c', 5)));
  PAssert.that(where(words)).containsInAnyOrder(['a@minglobal', 'b@minglobal', 'c@5global']);
});

export const elementsStandAtTheWatermark = testStreamCase((p) => {
  const words = p.apply(testStream<string>().advanceWatermark(7).addElements('a').advanceWatermark(9).addElements('b'));
  PAssert.that(where(words)).containsInAnyOrder(['a@7global', 'b@9global']);
});

export const streamWithoutEvents = testStreamCase((p) => {
  PAssert.that(p.apply(testStream<string>())).empty();
});

export const streamWithoutElements = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>().advanceWatermark(10).advanceProcessingTime(5).advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).empty();
});

export const watermarkGoesToInfinityAtTheEnd = testStreamCase((p) => {
  const words = p.apply(testStream<string>().addElements(timestamped('a', 1), timestamped('b', 11)));
  PAssert.that(where(groups(words.windowInto(fixedWindows(10))))).containsInAnyOrder(['a@9[0,10)', 'b@19[10,20)']);
});

export const watermarkToInfinity = testStreamCase((p) => {
  const words = p.apply(testStream<string>().addElements(timestamped('a', 1)).advanceWatermarkToInfinity());
  PAssert.that(where(groups(words.windowInto(fixedWindows(10))))).equals('a@9[0,10)');
});

export const severalEventsInOneWindow = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(3)
      .addElements(timestamped('b', 4))
      .advanceWatermark(8)
      .addElements(timestamped('c', 9))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a+b+c');
});

export const windowsFireAsTheWatermarkPasses = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(10)
      .addElements(timestamped('b', 12))
      .advanceWatermark(20)
      .advanceWatermarkToInfinity(),
  );
  const grouped = groups(words.windowInto(fixedWindows(10)));
  PAssert.that('First', grouped).inWindow(FIRST).equals('a');
  PAssert.that('Second', grouped).inWindow(SECOND).equals('b');
});

export const behindTheWatermarkButNotLate = testStreamCase((p) => {
  // The window is still open: its end lies before the watermark, the element's timestamp does not matter.
  const words = p.apply(testStream<string>().advanceWatermark(8).addElements(timestamped('a', 1)));
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a');
});

export const lateElementIsDropped = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(10)
      .addElements(timestamped('late', 2))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a');
});

export const firstElementLate = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .advanceWatermark(0)
      .addElements(timestamped('late', -1_000))
      .addElements(timestamped('onTime', 1))
      .advanceWatermarkToInfinity(),
  );
  const grouped = groups(words.windowInto(fixedWindows(10), { allowedLateness: 5 }));
  PAssert.that('Late', grouped).inWindow(new IntervalWindow(-1_000, -990)).empty();
  PAssert.that('On time', grouped).inWindow(FIRST).equals('onTime');
});

export const lateElementWithinTheAllowedLateness = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(12)
      .addElements(timestamped('b', 2))
      .advanceWatermarkToInfinity(),
  );
  const windowed = words.windowInto(fixedWindows(10), { allowedLateness: 5 });
  PAssert.that(where(groups(windowed))).containsInAnyOrder(['a@9[0,10)', 'b@9[0,10)']);
});

export const lateElementBeyondTheAllowedLateness = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(15)
      .addElements(timestamped('b', 2))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10), { allowedLateness: 5 }))).equals('a');
});

export const assertOnPanes = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1), timestamped('b', 2))
      .advanceWatermark(12)
      .addElements(timestamped('c', 3))
      .addElements(timestamped('d', 14))
      .advanceWatermarkToInfinity(),
  );
  const grouped = words
    .windowInto(fixedWindows(10), { allowedLateness: 5 })
    .keyBy(() => 'k')
    .groupByKey()
    .flatMap(({ value }) => value);
  PAssert.that('On time', grouped).inOnTimePane(FIRST).containsInAnyOrder(['a', 'b']);
  PAssert.that('Late', grouped).inLatePanes(FIRST).equals('c');
  PAssert.that('Early', grouped).inEarlyPanes(FIRST).empty();
  PAssert.that('Not late', grouped).inCombinedNonLatePanes(FIRST).containsInAnyOrder(['b', 'a']);
  PAssert.that('All', grouped).inWindow(FIRST).containsInAnyOrder(['a', 'b', 'c']);
  PAssert.that('Another', grouped).inOnTimePane(SECOND).equals('d');
});

const triggeredCase = (build: (p: Pipeline) => void) =>
  conformanceCase(build, { requires: ['testStream', 'triggers'], alone: true });

/** The elements that each firing of a window holds, for one key. */
const firings = (words: PCollection<string>): PCollection<string> =>
  words
    .keyBy('Key', () => 'k')
    .groupByKey('Group')
    .flatMap('Elements', ({ value }) => value);

export const assertOnDiscardedPanes = triggeredCase((p) => {
  const words = p.apply(
    testStream<string>()
      .advanceWatermark(0)
      .addElements(timestamped('first', 1), timestamped('first too', 2))
      .addElements(timestamped('on time', 5))
      .advanceWatermark(10)
      .addElements(timestamped('final', 7), timestamped('final too', 2))
      .advanceWatermarkToInfinity(),
  );
  const fired = firings(
    words.windowInto(fixedWindows(10), {
      trigger: afterWatermark({ early: afterCount(2), late: never() }),
      accumulation: 'discarding',
      allowedLateness: 50,
    }),
  );
  const all = ['first', 'first too', 'on time', 'final', 'final too'];
  PAssert.that('All', fired).inWindow(FIRST).containsInAnyOrder(all);
  PAssert.that('Early', fired).inEarlyPanes(FIRST).containsInAnyOrder(['first', 'first too']);
  PAssert.that('Not late', fired).inCombinedNonLatePanes(FIRST).containsInAnyOrder(all.slice(0, 3));
  PAssert.that('On time', fired).inOnTimePane(FIRST).equals('on time');
  PAssert.that('Final', fired).inFinalPane(FIRST).containsInAnyOrder(['final', 'final too']);
});

export const assertOnEarlyPanes = triggeredCase((p) => {
  const numbers = p.apply(
    testStream<number>()
      .addElements(timestamped(1, 1))
      .advanceProcessingTime(6)
      .addElements(timestamped(2, 2))
      .advanceProcessingTime(6)
      .addElements(timestamped(3, 3))
      .advanceProcessingTime(6)
      .advanceWatermarkToInfinity(),
  );
  const sums = numbers
    .windowInto(fixedWindows(10), {
      trigger: afterWatermark({ early: afterProcessingTime(5) }),
      accumulation: 'accumulating',
      allowedLateness: 0,
    })
    .combineGlobally('Sum', sum());
  PAssert.that('Early', sums).inEarlyPanes(FIRST).containsInAnyOrder([1, 3, 6]);
  PAssert.that('On time', sums).inOnTimePane(FIRST).equals(6);
});

export const assertOnTheOnlyPane = testStreamCase((p) => {
  const words = p.apply(testStream<string>().addElements(timestamped('a', 1), timestamped('b', 11)));
  const grouped = groups(words.windowInto(fixedWindows(10)));
  PAssert.that('Only', grouped).inOnlyPane(FIRST).equals('a');
  PAssert.that('Final', grouped).inFinalPane(SECOND).equals('b');
  PAssert.that('None', grouped).inOnlyPane(new IntervalWindow(20, 30)).empty();
});

export const watermarkAtTheLastInstantOfAWindow = testStreamCase((p) => {
  // A window is over when the watermark has passed its last instant.
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(9)
      .addElements(timestamped('b', 2))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a+b');
});

export const negativeTimestamps = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', -1), timestamped('b', -10), timestamped('c', 0))
      .advanceWatermark(-5)
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(where(groups(words.windowInto(fixedWindows(10))))).containsInAnyOrder(['a+b@-1[-10,0)', 'c@9[0,10)']);
});

export const elementsAtTheEndOfTheGlobalWindow = testStreamCase((p) => {
  const last = GlobalWindow.INSTANCE.maxTimestamp;
  const words = p.apply(testStream<string>().addElements(timestamped('a', last), timestamped('b', last)));
  PAssert.that(words).containsInAnyOrder(['a', 'b']);
});

export const combinedPerWindow = testStreamCase((p) => {
  const numbers = p.apply(
    testStream<number>()
      .addElements(timestamped(1, 1), timestamped(2, 2))
      .advanceWatermark(10)
      .addElements(timestamped(4, 11))
      .advanceWatermark(12)
      .addElements(timestamped(8, 13))
      .advanceWatermarkToInfinity(),
  );
  const sums = numbers.windowInto(fixedWindows(10)).combineGlobally('Sum', sum());
  PAssert.that(where(sums)).containsInAnyOrder(['3@9[0,10)', '12@19[10,20)']);
});

export const slidingWindowsOfAStream = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 7))
      .advanceWatermark(10)
      .addElements(timestamped('b', 12))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(where(groups(words.windowInto(slidingWindows(10, 5))))).containsInAnyOrder([
    'a@9[0,10)',
    'a+b@14[5,15)',
    'b@19[10,20)',
  ]);
});

export const sessionsOfAStream = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 0))
      .advanceWatermark(5)
      .addElements(timestamped('b', 8))
      .advanceWatermark(30)
      .addElements(timestamped('c', 40))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(where(groups(words.windowInto(sessionWindows(10))))).containsInAnyOrder(['a+b@17[0,18)', 'c@49[40,50)']);
});

export const pairsOfAStreamAreGrouped = testStreamCase((p) => {
  const pairs = p.apply(
    testStream<{ key: string; value: number }>().addElements(
      timestamped({ key: 'a', value: 1 }, 1),
      timestamped({ key: 'b', value: 2 }, 2),
      timestamped({ key: 'a', value: 3 }, 3),
    ),
  );
  const grouped = pairs
    .windowInto(fixedWindows(10))
    .groupByKey()
    .map(({ key, value }) => `${key}${[...value].sort().join('')}`);
  PAssert.that(grouped).containsInAnyOrder(['a13', 'b2']);
});

export const pairsWithACoder = testStreamCase((p) => {
  const coder = kvCoder(stringUtf8Coder(), varintCoder());
  const pairs = p.apply(
    testStream(coder).addElements(timestamped({ key: 'a', value: 1 }, 1), timestamped({ key: 'a', value: 300 }, 3)),
  );
  const sums = pairs.windowInto(fixedWindows(10)).combinePerKey('Sum', sum());
  PAssert.that(sums).equals({ key: 'a', value: 301 });
});

export const stringsWithACoder = testStreamCase((p) => {
  const words = p.apply(
    testStream(stringUtf8Coder()).addElements('', 'ä', 'longer than one byte of length'.repeat(10)),
  );
  PAssert.that(words.map((word) => word.length)).containsInAnyOrder([0, 1, 300]);
});

export const valuesOfAnyKind = testStreamCase((p) => {
  const values = p.apply(testStream<unknown>().addElements(new Map([['a', 1n]]), new Date(5), null, { deep: [1, 2] }));
  PAssert.that(values).containsInAnyOrder([null, { deep: [1, 2] }, new Date(5), new Map([['a', 1n]])]);
});

const left = outputTag('left').of<string>();
const right = outputTag('right').of<string>();

export const taggedStreams = testStreamCase((p) => {
  const streams = p.apply(
    testStreams(left, right)
      .addElements(left, timestamped('a', 1))
      .addElements(right, timestamped('x', 2), timestamped('y', 3))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that('Left', where(streams.left)).equals('a@1global');
  PAssert.that('Right', streams.right).containsInAnyOrder(['x', 'y']);
});

export const taggedStreamsHaveWatermarksOfTheirOwn = testStreamCase((p) => {
  const streams = p.apply(
    testStreams(left, right)
      .addElements(left, timestamped('a', 1))
      .addElements(right, timestamped('x', 1))
      .advanceWatermark(left, 10)
      .addElements(left, timestamped('late', 2))
      .addElements(right, timestamped('y', 2))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that('Left', streams.left.windowInto(fixedWindows(10)).apply('Left groups', groups)).equals('a');
  PAssert.that('Right', streams.right.windowInto(fixedWindows(10)).apply('Right groups', groups)).equals('x+y');
});

export const taggedStreamsFlattened = testStreamCase((p) => {
  const streams = p.apply(
    testStreams(left, right)
      .addElements(left, timestamped('a', 1))
      .advanceWatermark(left, 10)
      // The other stream holds time back: nothing is late where they come together.
      .addElements(left, timestamped('b', 2))
      .addElements(right, timestamped('x', 3))
      .advanceWatermark(right, 10)
      .addElements(right, timestamped('late', 4))
      .advanceWatermarkToInfinity(),
  );
  const both = flatten([streams.left, streams.right]).windowInto(fixedWindows(10));
  PAssert.that(groups(both)).equals('a+b+x');
});

export const taggedStreamWithoutEvents = testStreamCase((p) => {
  const streams = p.apply(testStreams(left, right).addElements(left, 'a').advanceWatermarkToInfinity(left));
  PAssert.that('Left', streams.left).equals('a');
  PAssert.that('Right', streams.right).empty();
});

export const taggedPairsAreGrouped = testStreamCase((p) => {
  const pairs = outputTag('pairs').of<{ key: string; value: number }>();
  const streams = p.apply(
    testStreams(pairs, right)
      .addElements(pairs, timestamped({ key: 'a', value: 1 }, 1), timestamped({ key: 'a', value: 2 }, 2))
      .addElements(right, 'x')
      .advanceWatermarkToInfinity(),
  );
  const grouped = streams.pairs.windowInto(fixedWindows(10)).combinePerKey('Sum', sum());
  PAssert.that('Pairs', grouped).equals({ key: 'a', value: 3 });
  PAssert.that('Words', streams.right).equals('x');
});

export const streamBesideACreate = testStreamCase((p) => {
  const words = p.apply(testStream<string>().advanceWatermark(10).addElements(timestamped('a', 11)));
  const both = flatten([words, p.create('More', ['b', 'c'], { timestamps: [1, 12] })]);
  PAssert.that(groups(both.windowInto(fixedWindows(10)))).containsInAnyOrder(['b', 'a+c']);
});

export const streamBesideASource = testStreamCase((p) => {
  // What is read is there before the first event: it cannot come too late for its window.
  const read = p.apply('Read', generateSequence({ to: 1_000, timestampFn: (n) => n })).map(String);
  const words = p.apply(testStream<string>().advanceWatermark(2_000).addElements(timestamped('a', 2_001)));
  const sizes = flatten([read, words])
    .windowInto(fixedWindows(1_000))
    .keyBy(() => 'k')
    .countPerKey('Count');
  PAssert.that(sizes.map(({ value }) => value)).containsInAnyOrder([1_000, 1]);
});

export const processingTimePasses = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceProcessingTime(seconds(100))
      .addElements(timestamped('b', 2))
      .advanceProcessingTime(1)
      .advanceWatermarkToInfinity(),
  );
  // Event time does not move with it.
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a+b');
});

/** Emits how many elements its bundle had. */
class BundleSizes implements DoFn<string, number> {
  private size = 0;
  startBundle(): void {
    this.size = 0;
  }
  process(): void {
    this.size++;
  }
  finishBundle(context: FinishBundleContext<number>): void {
    if (this.size > 0) context.output(this.size, 5, FIRST);
  }
}

export const bundlesAreClosedBetweenEvents = testStreamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .addElements(timestamped('b', 2))
      .advanceWatermark(5)
      .addElements(timestamped('c', 6))
      .advanceWatermark(10)
      .advanceWatermarkToInfinity(),
  );
  const sizes = words.windowInto(fixedWindows(10)).parDo('Sizes', () => new BundleSizes());
  // What finishBundle emits comes before the watermark that follows: nothing of it is late.
  const total = sizes.combineGlobally('Total', sum());
  PAssert.that('In all', total).equals(3);
  PAssert.that('Each', sizes).containsInAnyOrder([1, 1, 1]);
});

export const asynchronousStepsAreWaitedFor = conformanceCase(
  (p) => {
    const words = p.apply(
      testStream<string>()
        .addElements(timestamped('a', 1), timestamped('b', 2))
        .advanceWatermark(10)
        .addElements(timestamped('late', 3))
        .advanceWatermarkToInfinity(),
    );
    const slow = words.mapAsync('Slow', async (word) => {
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      return word.toUpperCase();
    });
    PAssert.that(groups(slow.windowInto(fixedWindows(10)))).equals('A+B');
  },
  { requires: ['testStream', 'async'], alone: true },
);

const clocked = { timers: { wait: processingTimer() } };

/** Says what it waited for, a second after each element by the clock. */
class WaitASecond implements DoFn<KV<string, string>, string, typeof clocked> {
  readonly onTimer = {
    wait: ({ key, output, firingTime }: TimerContext<string, typeof clocked>): void =>
      output(`${key} ${firingTime % 1_000 === 0 ? 'on the second' : 'off the second'}`),
  };
  process({ value }: KV<string, string>, { timers, output }: ProcessContext<string, typeof clocked>): void {
    timers.wait.setAfter(seconds(1), { alignTo: seconds(1) });
    output(value);
  }
}

const timerCase = (build: (p: Pipeline) => void) =>
  conformanceCase(build, { requires: ['testStream', 'state', 'timers'], alone: true });

/** Pairs of words and themselves. */
const twins = (words: PCollection<string>): PCollection<KV<string, string>> => words.keyBy('Twin', (word) => word);

export const timersByTheClock = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceProcessingTime(seconds(3))
      .addElements(timestamped('b', 2))
      .advanceWatermark(10)
      .advanceProcessingTime(seconds(3))
      .advanceWatermarkToInfinity(),
  );
  const waited = twins(words).parDo('Wait', () => new WaitASecond(), clocked);
  PAssert.that(waited).containsInAnyOrder(['a', 'a on the second', 'b', 'b on the second']);
});

export const timersByTheClockHoldTheWatermark = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(20)
      .advanceProcessingTime(seconds(2))
      .advanceWatermarkToInfinity(),
  );
  // What the timer emits has the timestamp of its element: were the watermark not held, it would come too late.
  const waited = twins(words).parDo('Wait', () => new WaitASecond(), clocked);
  PAssert.that(where(groups(waited.windowInto(fixedWindows(10))))).equals('a+a on the second@9[0,10)');
});

const looping = { timers: { tick: processingTimer() }, state: { ticks: valueState<number>() } };

/** Counts seconds by the clock, three of them. */
class Ticking implements DoFn<KV<string, string>, string, typeof looping> {
  readonly onTimer = {
    tick: ({ state, timers, output }: TimerContext<string, typeof looping>): void => {
      const ticks = (state.ticks.read() ?? 0) + 1;
      state.ticks.write(ticks);
      output(`tick ${ticks}`);
      if (ticks < 3) timers.tick.setAfter(seconds(1));
    },
  };
  process(_: KV<string, string>, { timers }: ProcessContext<string, typeof looping>): void {
    timers.tick.setAfter(seconds(1));
  }
}

export const loopingTimersByTheClock = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceProcessingTime(seconds(1))
      .advanceProcessingTime(seconds(1))
      .advanceProcessingTime(seconds(1))
      .advanceProcessingTime(seconds(1))
      .advanceWatermarkToInfinity(),
  );
  const ticks = twins(words).parDo('Tick', () => new Ticking(), looping);
  PAssert.that(ticks).containsInAnyOrder(['tick 1', 'tick 2', 'tick 3']);
});

const atEnd = { timers: { end: eventTimer() }, state: { words: bagState<string>() } };

/** The words of a key, when the watermark has passed the end of their window. */
class AtEnd implements DoFn<KV<string, string>, string, typeof atEnd> {
  readonly onTimer = {
    end: ({ state, output }: TimerContext<string, typeof atEnd>): void =>
      output([...state.words.read()].sort().join('+')),
  };
  process({ value }: KV<string, string>, context: ProcessContext<string, typeof atEnd>): void {
    context.state.words.add(value);
    context.timers.end.set(context.window.maxTimestamp);
  }
}

export const timersInEventTime = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(5)
      .addElements(timestamped('b', 2), timestamped('d', 12))
      .advanceWatermark(10)
      .addElements(timestamped('late', 3))
      .advanceWatermarkToInfinity(),
  );
  const keyed = words.windowInto(fixedWindows(10)).keyBy(() => 'k');
  const ends = keyed.parDo('At end', () => new AtEnd(), atEnd);
  PAssert.that(where(ends)).containsInAnyOrder(['a+b@9[0,10)', 'd@19[10,20)']);
});
