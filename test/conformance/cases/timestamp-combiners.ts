import {
  afterCount,
  defaultTrigger,
  fixedWindows,
  repeatedly,
  sessionWindows,
  sum,
  type WindowOptions,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { placedPanes } from '../shapes/panes.js';
import { at, numbers, panesOf, SIZE, timedCase } from '../shapes/panes-in-time.js';
import { where } from '../shapes/where.js';

const COMBINERS = { earliest: [1, 40], latest: [18, 40], endOfWindow: [27, 49] } as const;

const timestampsOfSessions = (timestampCombiner: keyof typeof COMBINERS) =>
  conformanceCase(
    (p) => {
      const at = [1, 18, 10, 40];
      const grouped = p
        .create('Numbers', at, { timestamps: at })
        .windowInto(sessionWindows(10), { timestampCombiner })
        .keyBy(() => 'k')
        .groupByKey()
        .map(({ value }) => [...value].sort((a, b) => a - b).join('+'));
      const [first, second] = COMBINERS[timestampCombiner];
      PAssert.that(where(grouped)).containsInAnyOrder([`1+10+18@${first}[1,28)`, `40@${second}[40,50)`]);
    },
    { requires: ['timestampCombiners'] },
  );

export const earliestTimestampOfSessions = timestampsOfSessions('earliest');

export const latestTimestampOfSessions = timestampsOfSessions('latest');

export const endOfSessions = timestampsOfSessions('endOfWindow');

const timestampsOfFixedWindows = (timestampCombiner: 'earliest' | 'latest', expected: readonly string[]) =>
  conformanceCase(
    (p) => {
      const at = [3, 1, 7, 12];
      const sums = p
        .create('Numbers', at, { timestamps: at })
        .windowInto(fixedWindows(10), { timestampCombiner })
        .keyBy(() => 'k')
        .combinePerKey(sum())
        .map(({ value }) => String(value));
      PAssert.that(where(sums)).containsInAnyOrder(expected);
    },
    { requires: ['timestampCombiners'] },
  );

export const earliestTimestamp = timestampsOfFixedWindows('earliest', ['11@1[0,10)', '12@12[10,20)']);

export const latestTimestamp = timestampsOfFixedWindows('latest', ['11@7[0,10)', '12@12[10,20)']);

export const timestampsThatStayThroughTwoGroupings = conformanceCase(
  (p) => {
    const at = [3, 1, 7, 12];
    const grouped = p
      .create('Numbers', at, { timestamps: at })
      .windowInto(fixedWindows(10), { timestampCombiner: 'earliest' })
      .keyBy((n) => n % 2)
      .countPerKey('First')
      .map(({ value }) => value)
      .keyBy('All', () => 'all')
      .combinePerKey('Second', sum())
      .map(({ value }) => String(value));
    PAssert.that(where(grouped)).containsInAnyOrder(['3@1[0,10)', '1@12[10,20)']);
  },
  { requires: ['timestampCombiners'] },
);

export const earliestTimestampLeavesLateElementsOut = timedCase((p) => {
  const stream = numbers()
    .advanceWatermark(5)
    .addElements(...at(2, 3, 7, 8))
    .advanceWatermark(11)
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: defaultTrigger(), timestampCombiner: 'earliest' };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder(['2,3,7,8@7[0,10) ON_TIME 0/0 first last']);
});

export const latestTimestampOfEachPane = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(2))
    .addElements(...at(1))
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: repeatedly(afterCount(2)), timestampCombiner: 'latest' };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder([
    '1,2@2[0,10) EARLY 0/-1 first',
    '4@4[0,10) ON_TIME 1/0 last',
  ]);
});

export const timestampsThatHoldTimeBackAreNotLate = timedCase(
  (p) => {
    // What a pane holds the watermark back for is on time for the next grouping, in windows of its own.
    const stream = numbers()
      .addElements(...at(1, 2))
      .advanceWatermark(9)
      .advanceWatermark(25)
      .addElements(...at(31))
      .advanceWatermarkToInfinity();
    const sums = p
      .apply(stream)
      .windowInto('Windows', fixedWindows(SIZE), { timestampCombiner: 'earliest' })
      .keyBy('Key', () => 'k')
      .combinePerKey('First', sum())
      .windowInto('Small', fixedWindows(2))
      .combinePerKey('Second', sum())
      .map('Sums', ({ value }) => String(value));
    PAssert.that(placedPanes(sums)).containsInAnyOrder([
      '3@1[0,2) ON_TIME 0/0 first last',
      '31@31[30,32) ON_TIME 0/0 first last',
    ]);
  },
  { 'Second#millrace:dropped_late': 0 },
);
