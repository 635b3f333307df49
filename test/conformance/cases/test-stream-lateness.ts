import { fixedWindows, IntervalWindow } from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { FIRST, groups, streamCase } from '../shapes/streamed.js';
import { where } from '../shapes/where.js';

export const behindTheWatermarkButNotLate = streamCase((p) => {
  // The window is still open: its end lies before the watermark, the element's timestamp does not matter.
  const words = p.apply(testStream<string>().advanceWatermark(8).addElements(timestamped('a', 1)));
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a');
});

export const lateElementIsDropped = streamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(10)
      .addElements(timestamped('late', 2))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10)))).equals('a');
});

export const firstElementLate = streamCase((p) => {
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

export const lateElementWithinTheAllowedLateness = streamCase((p) => {
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

export const lateElementBeyondTheAllowedLateness = streamCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(15)
      .addElements(timestamped('b', 2))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that(groups(words.windowInto(fixedWindows(10), { allowedLateness: 5 }))).equals('a');
});
