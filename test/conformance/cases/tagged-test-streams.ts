import { fixedWindows, flatten, outputTag, sum } from 'millrace';
import { PAssert, testStreams, timestamped } from 'millrace/testing';
import { groups, streamCase } from '../shapes/streamed.js';
import { where } from '../shapes/where.js';

const left = outputTag('left').of<string>();

const right = outputTag('right').of<string>();

export const taggedStreams = streamCase((p) => {
  const streams = p.apply(
    testStreams(left, right)
      .addElements(left, timestamped('a', 1))
      .addElements(right, timestamped('x', 2), timestamped('y', 3))
      .advanceWatermarkToInfinity(),
  );
  PAssert.that('Left', where(streams.left)).equals('a@1global');
  PAssert.that('Right', streams.right).containsInAnyOrder(['x', 'y']);
});

export const taggedStreamsHaveWatermarksOfTheirOwn = streamCase((p) => {
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

export const taggedStreamsFlattened = streamCase((p) => {
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

export const taggedStreamWithoutEvents = streamCase((p) => {
  const streams = p.apply(testStreams(left, right).addElements(left, 'a').advanceWatermarkToInfinity(left));
  PAssert.that('Left', streams.left).equals('a');
  PAssert.that('Right', streams.right).empty();
});

export const taggedPairsAreGrouped = streamCase((p) => {
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
