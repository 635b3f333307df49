import { type DoFn, type FinishBundleContext, fixedWindows, flatten, generateSequence, seconds, sum } from 'millrace';
import { kvCoder, stringUtf8Coder, varintCoder } from 'millrace/coders';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { FIRST, groups, streamCase } from '../shapes/streamed.js';
import { where } from '../shapes/where.js';

export const elementsBeforeAnyWatermark = streamCase((p) => {
  const words = p.apply(testStream<string>().addElements('a', 'b').addElements(timestamped('c', 5)));
  PAssert.that(where(words)).containsInAnyOrder(['a@minglobal', 'b@minglobal', 'c@5global']);
});

export const elementsStandAtTheWatermark = streamCase((p) => {
  const words = p.apply(testStream<string>().advanceWatermark(7).addElements('a').advanceWatermark(9).addElements('b'));
  PAssert.that(where(words)).containsInAnyOrder(['a@7global', 'b@9global']);
});

export const streamWithoutEvents = streamCase((p) => {
  PAssert.that(p.apply(testStream<string>())).empty();
});

export const streamWithoutElements = streamCase((p) => {
  const words = p.apply(
    testStream<string>().advanceWatermark(10).advanceProcessingTime(5).advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).empty();
});

export const watermarkGoesToInfinityAtTheEnd = streamCase((p) => {
  const words = p.apply(testStream<string>().addElements(timestamped('a', 1), timestamped('b', 11)));
  PAssert.that(where(groups(words.windowInto(fixedWindows(10))))).containsInAnyOrder(['a@9[0,10)', 'b@19[10,20)']);
});

export const watermarkToInfinity = streamCase((p) => {
  const words = p.apply(testStream<string>().addElements(timestamped('a', 1)).advanceWatermarkToInfinity());
  PAssert.that(where(groups(words.windowInto(fixedWindows(10))))).equals('a@9[0,10)');
});

export const pairsOfAStreamAreGrouped = streamCase((p) => {
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

export const pairsWithACoder = streamCase((p) => {
  const coder = kvCoder(stringUtf8Coder(), varintCoder());
  const pairs = p.apply(
    testStream(coder).addElements(timestamped({ key: 'a', value: 1 }, 1), timestamped({ key: 'a', value: 300 }, 3)),
  );
  const sums = pairs.windowInto(fixedWindows(10)).combinePerKey('Sum', sum());
  PAssert.that(sums).equals({ key: 'a', value: 301 });
});

export const stringsWithACoder = streamCase((p) => {
  const words = p.apply(
    testStream(stringUtf8Coder()).addElements('', 'ä', 'longer than one byte of length'.repeat(10)),
  );
  PAssert.that(words.map((word) => word.length)).containsInAnyOrder([0, 1, 300]);
});

export const valuesOfAnyKind = streamCase((p) => {
  const values = p.apply(testStream<unknown>().addElements(new Map([['a', 1n]]), new Date(5), null, { deep: [1, 2] }));
  PAssert.that(values).containsInAnyOrder([null, { deep: [1, 2] }, new Date(5), new Map([['a', 1n]])]);
});

export const streamBesideACreate = streamCase((p) => {
  const words = p.apply(testStream<string>().advanceWatermark(10).addElements(timestamped('a', 11)));
  const both = flatten([words, p.create('More', ['b', 'c'], { timestamps: [1, 12] })]);
  PAssert.that(groups(both.windowInto(fixedWindows(10)))).containsInAnyOrder(['b', 'a+c']);
});

export const streamBesideASource = streamCase((p) => {
  // What is read is there before the first event: it cannot come too late for its window.
  const read = p.apply('Read', generateSequence({ to: 1_000, timestampFn: (n) => n })).map(String);
  const words = p.apply(testStream<string>().advanceWatermark(2_000).addElements(timestamped('a', 2_001)));
  const sizes = flatten([read, words])
    .windowInto(fixedWindows(1_000))
    .keyBy(() => 'k')
    .countPerKey('Count');
  PAssert.that(sizes.map(({ value }) => value)).containsInAnyOrder([1_000, 1]);
});

export const processingTimePasses = streamCase((p) => {
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

export const bundlesAreClosedBetweenEvents = streamCase((p) => {
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

export const asynchronousStepsAreWaitedFor = streamCase(
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
  { requires: ['async'] },
);
