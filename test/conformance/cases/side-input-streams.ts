import { asIterable, asSingleton, fixedWindows, globalWindow, type PCollection, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import type { CaseOptions } from '../case.js';
import { at, clicksAndPrices, type Events, MAIN, SIDE } from '../shapes/clicks-and-prices.js';
import { streamCase } from '../shapes/streamed.js';

/** A main input and a side input in windows of ten, whose elements and watermarks come as the script says. */
const scriptedCase = (
  script: (events: Events) => Events,
  expected: readonly string[],
  { lateness = 0, ...options }: { readonly lateness?: number } & Pick<CaseOptions, 'counters'> = {},
) =>
  streamCase(
    (p) => {
      const { clicks, prices } = p.apply('Events', script(clicksAndPrices()));
      const windowed = (input: PCollection<number>, name: string) =>
        input.windowInto(name, fixedWindows(10), { allowedLateness: lateness });
      const seen = windowed(clicks, 'Clicks').map('See', (n, { side }) => `${n}:${[...side].sort().join('+')}`, {
        sideInputs: { side: asIterable(windowed(prices, 'Prices')) },
      });
      PAssert.that(seen.windowInto('Global', globalWindow())).containsInAnyOrder(expected);
    },
    { requires: ['sideInputs'], ...options },
  );

export const mainThatIsAheadOfItsSideInput = scriptedCase(
  (events) =>
    events
      .addElements(MAIN, at(1), at(12))
      .advanceWatermark(MAIN, 100)
      .addElements(SIDE, at(2))
      .addElements(SIDE, at(3), at(15))
      .advanceWatermark(SIDE, 10)
      .addElements(SIDE, at(16))
      .advanceWatermarkToInfinity(),
  ['1:2+3', '12:15+16'],
);

export const sideInputThatIsAheadOfItsMain = scriptedCase(
  (events) =>
    events
      .addElements(SIDE, at(2), at(15))
      .advanceWatermark(SIDE, 100)
      .addElements(MAIN, at(1))
      .advanceWatermark(MAIN, 11)
      .addElements(MAIN, at(12), at(25))
      .advanceWatermarkToInfinity(),
  ['1:2', '12:15', '25:'],
);

export const lateElementsOfASideInput = scriptedCase(
  (events) =>
    events
      .addElements(MAIN, at(1))
      .addElements(SIDE, at(2))
      .advanceWatermark(SIDE, 20)
      // The window of the side input has passed: what comes for it now is not seen.
      .addElements(SIDE, at(3))
      .addElements(MAIN, at(4))
      .advanceWatermarkToInfinity(),
  ['1:2', '4:2'],
);

export const lateElementsBesideASideInput = scriptedCase(
  (events) =>
    events
      .addElements(SIDE, at(2))
      .advanceWatermark(SIDE, 50)
      .addElements(MAIN, at(1))
      .advanceWatermark(MAIN, 10)
      .addElements(MAIN, at(3))
      .advanceWatermark(MAIN, 30)
      .addElements(MAIN, at(4), at(31))
      .advanceWatermarkToInfinity(),
  ['1:2', '3:2', '31:'],
  { lateness: 10, counters: { 'See#millrace:dropped_late': 1 } },
);

export const timeBehindAStepThatWaits = streamCase(
  (p) => {
    const { clicks, prices } = p.apply(
      'Events',
      clicksAndPrices()
        .addElements(MAIN, at(1), at(2))
        .advanceWatermark(MAIN, 50)
        .addElements(MAIN, at(51))
        .addElements(SIDE, at(3))
        .advanceWatermark(SIDE, 10)
        .advanceWatermarkToInfinity(),
    );
    const total = prices.windowInto('Prices', fixedWindows(10)).combineGlobally('Total', sum());
    const groups = clicks
      .windowInto('Clicks', fixedWindows(10))
      .map('See', (n, { total: seen }) => n * seen, { sideInputs: { total: asSingleton(total, { default: 0 }) } })
      .keyBy('Key', () => 'k')
      .groupByKey('OfAKey')
      .map('Values', ({ value }) => [...value].sort().join('+'));
    // Nothing of the first window came too late for its group.
    PAssert.that(groups.windowInto('Global', globalWindow())).containsInAnyOrder(['3+6', '0']);
  },
  { requires: ['sideInputs'], counters: { 'OfAKey#millrace:dropped_late': 0 } },
);
