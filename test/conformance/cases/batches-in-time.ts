import { fixedWindows, groupIntoBatches, type KV, type PCollection } from 'millrace';
import { PAssert, type TestStream, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** GroupIntoBatches as time goes on. Some engines hand elements to a step with state only when the watermark moves. */

const requires = ['state', 'timers', 'windowExpiration', 'testStream'] as const;
const at = (...all: number[]) => all.map((n) => timestamped(n, n));

const texts = (batches: PCollection<KV<string, number[]>>): PCollection<string> =>
  batches.map('Text', ({ value }) => [...value].sort((a, b) => a - b).join('+'));

const batchCase = (
  script: (stream: TestStream<number>) => TestStream<number>,
  options: Parameters<typeof groupIntoBatches<string, number>>[0],
  expected: readonly string[],
  windowed = true,
) =>
  conformanceCase(
    (p) => {
      const numbers = p.apply(script(testStream<number>()));
      const input = windowed ? numbers.windowInto('Windows', fixedWindows(10)) : numbers;
      PAssert.that(texts(input.keyBy('Key', () => 'k').apply(groupIntoBatches(options)))).containsInAnyOrder(expected);
    },
    { requires, alone: true },
  );

export const batchThatIsNotFullWhenItsWindowEnds = batchCase(
  (s) =>
    s
      .addElements(...at(1, 2))
      .addElements(...at(3))
      .advanceWatermark(10)
      .addElements(...at(12))
      .advanceWatermarkToInfinity(),
  { size: 5 },
  ['1+2+3', '12'],
);

export const batchThatIsFullBeforeItsWindowEnds = batchCase(
  (s) =>
    s
      .addElements(...at(1))
      .addElements(...at(2))
      .addElements(...at(3))
      .advanceWatermark(5)
      .addElements(...at(8))
      .advanceWatermarkToInfinity(),
  { size: 2 },
  ['1+2', '3+8'],
);

export const batchThatWaitedLongEnough = batchCase(
  (s) =>
    s
      .addElements(...at(1))
      .advanceWatermark(1)
      .advanceProcessingTime(50)
      .addElements(...at(2))
      .advanceWatermark(2)
      .advanceProcessingTime(60)
      .addElements(...at(3))
      .advanceWatermark(3)
      .advanceWatermarkToInfinity(),
  { size: 10, maxDelay: 100 },
  ['1+2', '3'],
  false,
);

/** The delay begins with the first element of each batch, not with the first of all. */
export const delayOfTheNextBatchBeginsAnew = batchCase(
  (s) =>
    s
      .addElements(...at(1))
      .advanceWatermark(1)
      .addElements(...at(2))
      .advanceWatermark(2)
      .advanceProcessingTime(60)
      .addElements(...at(3))
      .advanceWatermark(3)
      .advanceProcessingTime(60)
      .addElements(...at(4))
      .advanceWatermark(4)
      .advanceProcessingTime(50)
      .addElements(...at(5))
      .advanceWatermark(5)
      .advanceWatermarkToInfinity(),
  { size: 2, maxDelay: 100 },
  ['1+2', '3+4', '5'],
  false,
);

export const windowThatEndsBeforeTheDelay = batchCase(
  (s) =>
    s
      .addElements(...at(1, 2))
      .advanceWatermark(10)
      .advanceProcessingTime(1_000)
      .addElements(...at(11))
      .advanceWatermarkToInfinity(),
  { size: 10, maxDelay: 100 },
  ['1+2', '11'],
);

export const batchesBySizeOrBytes = batchCase(
  (s) =>
    s
      .addElements(...at(1))
      .addElements(...at(2))
      .addElements(...at(3))
      .addElements(...at(9))
      .addElements(...at(12))
      .advanceWatermarkToInfinity(),
  { size: 3, bytes: 9, bytesOf: (n) => n },
  ['1+2+3', '9', '12'],
);
