import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  asIterable,
  asMap,
  asSingleton,
  fixedWindows,
  globalWindow,
  hours,
  outputTag,
  type PCollection,
  refreshingSideInput,
  repeatedly,
  seconds,
  sum,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { PAssert, testStreams, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const MAIN = outputTag('clicks').of<number>();
const SIDE = outputTag('prices').of<number>();
type Events = ReturnType<typeof testStreams<readonly [typeof MAIN, typeof SIDE]>>;
const at = (instant: number) => timestamped(instant, instant);

const requires = ['testStream', 'triggers', 'triggeredSideInputs'] as const;

/** What the elements of the main input have seen, where a side input fires as its windowing says. */
const triggeredCase = (
  sideWindows: readonly [WindowFnDescriptor, WindowOptions],
  script: (events: Events) => Events,
  expected: readonly string[],
  mainWindows = globalWindow(),
) =>
  conformanceCase(
    (p) => {
      const { clicks, prices } = p.apply('Events', script(testStreams(MAIN, SIDE)));
      const seen = clicks.windowInto('Clicks', mainWindows).map('See', (n, { side }) => `${n}:${joined(side)}`, {
        sideInputs: { side: asIterable(prices.windowInto('Prices', ...sideWindows)) },
      });
      PAssert.that(seen.windowInto('Global', globalWindow(), { trigger: { kind: 'default' } })).containsInAnyOrder(
        expected,
      );
    },
    { requires, alone: true },
  );

const joined = (elements: Iterable<number>): string => [...elements].sort((a, b) => a - b).join('+');

export const sideInputThatGrows = triggeredCase(
  [globalWindow(), { trigger: repeatedly(afterCount(1)), accumulation: 'accumulating' }],
  (events) =>
    events
      .addElements(SIDE, at(1))
      .addElements(MAIN, at(10))
      .addElements(SIDE, at(2))
      .addElements(MAIN, at(20))
      .advanceWatermarkToInfinity(),
  ['10:1', '20:1+2'],
);

export const sideInputOfWhichTheLastFiringIsSeen = triggeredCase(
  [globalWindow(), { trigger: repeatedly(afterCount(1)), accumulation: 'discarding' }],
  (events) =>
    events
      .addElements(SIDE, at(1))
      .addElements(MAIN, at(10))
      .addElements(SIDE, at(2))
      .addElements(MAIN, at(20))
      .advanceWatermarkToInfinity(),
  ['10:1', '20:2'],
);

export const mainThatWaitsForTheFirstFiring = triggeredCase(
  [globalWindow(), { trigger: repeatedly(afterCount(2)), accumulation: 'accumulating' }],
  (events) =>
    events
      .addElements(MAIN, at(10))
      .addElements(SIDE, at(1))
      .addElements(MAIN, at(11))
      .addElements(SIDE, at(2))
      .addElements(MAIN, at(12))
      .advanceWatermarkToInfinity(),
  ['10:1+2', '11:1+2', '12:1+2'],
);

export const sideInputThatNeverFiredInTime = triggeredCase(
  [globalWindow(), { trigger: repeatedly(afterCount(5)), accumulation: 'accumulating' }],
  (events) => events.addElements(MAIN, at(10)).addElements(SIDE, at(1)).advanceWatermarkToInfinity(),
  // At the end of its window it fires with what there is.
  ['10:1'],
);

export const sideInputWithEarlyFirings = triggeredCase(
  [fixedWindows(10), { trigger: afterWatermark({ early: afterCount(1) }), accumulation: 'accumulating' }],
  (events) =>
    events
      .addElements(SIDE, at(1))
      .addElements(MAIN, at(5))
      .addElements(SIDE, at(2))
      .advanceWatermark(SIDE, 20)
      .addElements(MAIN, at(6))
      .advanceWatermarkToInfinity(),
  ['5:1', '6:1+2'],
  fixedWindows(10),
);

export const sideInputWithLateFirings = triggeredCase(
  [
    fixedWindows(10),
    { trigger: afterWatermark({ late: afterCount(1) }), accumulation: 'accumulating', allowedLateness: 100 },
  ],
  (events) =>
    events
      .addElements(SIDE, at(1))
      .advanceWatermark(SIDE, 20)
      .addElements(MAIN, at(5))
      .addElements(SIDE, at(2))
      .addElements(MAIN, at(6))
      .advanceWatermarkToInfinity(),
  ['5:1', '6:1+2'],
  fixedWindows(10),
);

export const sideInputThatFiresByTheClock = triggeredCase(
  [globalWindow(), { trigger: repeatedly(afterProcessingTime(seconds(5))), accumulation: 'accumulating' }],
  (events) =>
    events
      .addElements(SIDE, at(1))
      .addElements(MAIN, at(10))
      .advanceProcessingTime(seconds(6))
      .addElements(SIDE, at(2))
      .addElements(MAIN, at(11))
      .advanceProcessingTime(seconds(6))
      .addElements(MAIN, at(12))
      .advanceWatermarkToInfinity(),
  ['10:1', '11:1', '12:1+2'],
);

export const runningTotalAsASideInput = conformanceCase(
  (p) => {
    const { clicks, prices } = p.apply(
      'Events',
      testStreams(MAIN, SIDE)
        .addElements(MAIN, at(10))
        .addElements(SIDE, at(1))
        .addElements(SIDE, at(2))
        .addElements(MAIN, at(20))
        .advanceWatermarkToInfinity(),
    );
    const total: PCollection<number> = prices
      .windowInto('Prices', globalWindow(), { trigger: repeatedly(afterCount(1)), accumulation: 'accumulating' })
      .combineGlobally('Total', sum());
    // The panes of the total replace each other: what is seen is one value.
    const latest = total.windowInto('Latest', globalWindow(), {
      trigger: repeatedly(afterCount(1)),
      accumulation: 'discarding',
    });
    const seen = clicks.map('See', (n, { total: now }) => `${n}:${now}`, {
      sideInputs: { total: asSingleton(latest) },
    });
    PAssert.that(seen).containsInAnyOrder(['10:1', '20:3']);
  },
  { requires, alone: true },
);

export const mapThatChanges = conformanceCase(
  (p) => {
    const { clicks, prices } = p.apply(
      'Events',
      testStreams(MAIN, SIDE)
        .addElements(SIDE, at(1))
        .addElements(MAIN, at(10))
        .addElements(SIDE, at(2))
        .addElements(MAIN, at(20))
        .advanceWatermarkToInfinity(),
    );
    const table = prices
      .windowInto('Prices', globalWindow(), { trigger: repeatedly(afterCount(1)), accumulation: 'discarding' })
      .keyBy('Key', () => 'price');
    const seen = clicks.map('See', (n, { table: now }) => `${n}:${now.get('price')}`, {
      sideInputs: { table: asMap(table) },
    });
    PAssert.that(seen).containsInAnyOrder(['10:1', '20:2']);
  },
  { requires, alone: true },
);

export const sideInputOfOneFiring = conformanceCase(
  (p) => {
    const side = p
      .create('Side', ['x'])
      .windowInto('Fires', globalWindow(), { trigger: repeatedly(afterCount(1)), accumulation: 'discarding' });
    const seen = p.create('Main', [1, 2]).map('See', (n, { side: view }) => `${n}${[...view].join('')}`, {
      sideInputs: { side: asIterable(side) },
    });
    PAssert.that(seen).containsInAnyOrder(['1x', '2x']);
  },
  { requires: ['triggers', 'triggeredSideInputs'] },
);

export const sideInputThatIsLoaded = conformanceCase(
  (p) => {
    const rate = p.apply(
      'Rate',
      refreshingSideInput(hours(1), async () => 10, { times: 1 }),
    );
    const seen = p
      .create('Main', [1, 2], { timestamps: [1, 11] })
      .windowInto('Windows', fixedWindows(10))
      .map('See', (n, { rate: now }) => n * now, { sideInputs: { rate } });
    PAssert.that(seen.windowInto('Global', globalWindow())).containsInAnyOrder([10, 20]);
  },
  { requires: ['unbounded', 'triggers', 'triggeredSideInputs'] },
);
