import { fixedWindows, GlobalWindow, sessionWindows, slidingWindows, sum } from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { FIRST, groups, SECOND, streamCase } from '../shapes/streamed.js';
import { where } from '../shapes/where.js';

export const severalEventsInOneWindow = streamCase((p) => {
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

export const windowsFireAsTheWatermarkPasses = streamCase((p) => {
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

export const watermarkAtTheLastInstantOfAWindow = streamCase((p) => {
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

export const negativeTimestamps = streamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', -1), timestamped('b', -10), timestamped('c', 0))
      .advanceWatermark(-5)
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(where(groups(words.windowInto(fixedWindows(10))))).containsInAnyOrder(['a+b@-1[-10,0)', 'c@9[0,10)']);
});

export const elementsAtTheEndOfTheGlobalWindow = streamCase((p) => {
  const last = GlobalWindow.INSTANCE.maxTimestamp;
  const words = p.apply(testStream<string>().addElements(timestamped('a', last), timestamped('b', last)));
  PAssert.that(words).containsInAnyOrder(['a', 'b']);
});

export const combinedPerWindow = streamCase((p) => {
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

export const slidingWindowsOfAStream = streamCase((p) => {
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

export const sessionsOfAStream = streamCase((p) => {
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
