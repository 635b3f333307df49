import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  fixedWindows,
  IntervalWindow,
  never,
  type PCollection,
  type Pipeline,
  sum,
} from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { stamped } from '../shapes/stamped.js';
import { FIRST, groups, SECOND, streamCase } from '../shapes/streamed.js';

export const assertOnPanes = streamCase((p) => {
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

const triggeredCase = (build: (p: Pipeline) => void) => streamCase(build, { requires: ['triggers'] });

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

export const assertOnTheOnlyPane = streamCase((p) => {
  const words = p.apply(testStream<string>().addElements(timestamped('a', 1), timestamped('b', 11)));
  const grouped = groups(words.windowInto(fixedWindows(10)));
  PAssert.that('Only', grouped).inOnlyPane(FIRST).equals('a');
  PAssert.that('Final', grouped).inFinalPane(SECOND).equals('b');
  PAssert.that('None', grouped).inOnlyPane(new IntervalWindow(20, 30)).empty();
});

export const assertInWindow = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 2], ['c', 12]).windowInto(fixedWindows(10));
  PAssert.that(words).inWindow(FIRST).containsInAnyOrder(['a', 'b']);
  PAssert.that(words).inWindow(SECOND).containsInAnyOrder(['c']);
});
