import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  fixedWindows,
  globalWindow,
  hours,
  type PCollection,
  refreshingSideInput,
  repeatedly,
  type SideInput,
  type SideMap,
  type SideMultimap,
  seconds,
  sum,
  toList,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { at, clicksAndPrices, type Events, MAIN, SIDE } from '../shapes/clicks-and-prices.js';
import { streamCase } from '../shapes/streamed.js';

const triggered = { requires: ['triggers', 'triggeredSideInputs'] } as const;

/** What the elements of the main input have seen, where a side input fires as its windowing says. */
const triggeredCase = (
  sideWindows: readonly [WindowFnDescriptor, WindowOptions],
  script: (events: Events) => Events,
  expected: readonly string[],
  mainWindows = globalWindow(),
) =>
  streamCase((p) => {
    const { clicks, prices } = p.apply('Events', script(clicksAndPrices()));
    const seen = clicks.windowInto('Clicks', mainWindows).map('See', (n, { side }) => `${n}:${joined(side)}`, {
      sideInputs: { side: asIterable(prices.windowInto('Prices', ...sideWindows)) },
    });
    PAssert.that(seen.windowInto('Global', globalWindow(), { trigger: { kind: 'default' } })).containsInAnyOrder(
      expected,
    );
  }, triggered);

const joined = (elements: Iterable<number>): string => [...elements].sort((a, b) => a - b).join('+');

/** The global window, with a pane for so many elements each. */
const everyFew = (count: number, accumulation: 'accumulating' | 'discarding') =>
  [globalWindow(), { trigger: repeatedly(afterCount(count)), accumulation }] as const;

/** An element of the main input behind each of the side input. */
const inTurns = (events: Events): Events =>
  events
    .addElements(SIDE, at(1))
    .addElements(MAIN, at(10))
    .addElements(SIDE, at(2))
    .addElements(MAIN, at(20))
    .advanceWatermarkToInfinity();

export const sideInputThatGrows = triggeredCase(everyFew(1, 'accumulating'), inTurns, ['10:1', '20:1+2']);

export const sideInputOfWhichTheLastFiringIsSeen = triggeredCase(everyFew(1, 'discarding'), inTurns, ['10:1', '20:2']);

export const mainThatWaitsForTheFirstFiring = triggeredCase(
  everyFew(2, 'accumulating'),
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
  everyFew(5, 'accumulating'),
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

export const runningTotalAsASideInput = streamCase((p) => {
  const { clicks, prices } = p.apply(
    'Events',
    clicksAndPrices()
      .addElements(MAIN, at(10))
      .addElements(SIDE, at(1))
      .addElements(SIDE, at(2))
      .addElements(MAIN, at(20))
      .advanceWatermarkToInfinity(),
  );
  const total: PCollection<number> = prices
    .windowInto('Prices', ...everyFew(1, 'accumulating'))
    .combineGlobally('Total', sum());
  // The panes of the total replace each other: what is seen is one value.
  const latest = total.windowInto('Latest', ...everyFew(1, 'discarding'));
  const seen = clicks.map('See', (n, { total: now }) => `${n}:${now}`, {
    sideInputs: { total: asSingleton(latest) },
  });
  PAssert.that(seen).containsInAnyOrder(['10:1', '20:3']);
}, triggered);

export const mapThatChanges = streamCase((p) => {
  const { clicks, prices } = p.apply('Events', inTurns(clicksAndPrices()));
  const table = prices.windowInto('Prices', ...everyFew(1, 'discarding')).keyBy('Key', () => 'price');
  const seen = clicks.map('See', (n, { table: now }) => `${n}:${now.get('price')}`, {
    sideInputs: { table: asMap(table) },
  });
  PAssert.that(seen).containsInAnyOrder(['10:1', '20:2']);
}, triggered);

/** The total is combined again for each pane, and each of its panes is all of it. */
export const totalThatAccumulatesAsASingleton = streamCase((p) => {
  const { clicks, prices } = p.apply('Events', inTurns(clicksAndPrices()));
  const total = prices.windowInto('Prices', ...everyFew(1, 'accumulating')).combineGlobally('Total', sum());
  const seen = clicks.map('See', (n, { total: now }) => `${n}:${now}`, { sideInputs: { total: asSingleton(total) } });
  PAssert.that(seen).containsInAnyOrder(['10:1', '20:3']);
}, triggered);

/** Every view is that of the last firing alone, where panes discard. */
const lastFiring = (see: (elements: PCollection<number>) => SideInput<unknown>, show: (view: never) => unknown) =>
  streamCase(
    (p) => {
      const { clicks, prices } = p.apply(
        'Events',
        clicksAndPrices()
          .addElements(SIDE, at(1), at(2))
          .addElements(MAIN, at(10))
          .addElements(SIDE, at(3), at(4))
          .addElements(MAIN, at(20))
          .advanceWatermarkToInfinity(),
      );
      const side = prices.windowInto('Prices', ...everyFew(2, 'discarding'));
      const seen = clicks.map('See', (n, views) => `${n}:${show(views.side as never)}`, {
        sideInputs: { side: see(side) },
      });
      PAssert.that(seen).containsInAnyOrder(['10:1+2', '20:3+4']);
    },
    { ...triggered, exactPanes: true },
  );

const parity = (elements: PCollection<number>) => elements.keyBy('Key', (n) => (n % 2 === 1 ? 'odd' : 'even'));
export const listOfTheLastFiring = lastFiring(asList, (list: readonly number[]) => joined(list));
export const mapOfTheLastFiring = lastFiring(
  (elements) => asMap(parity(elements)),
  (map: SideMap<string, number>) => `${map.get('odd')}+${map.get('even')}`,
);
export const multimapOfTheLastFiring = lastFiring(
  (elements) => asMultimap(parity(elements)),
  (map: SideMultimap<string, number>) => joined([...map.get('odd'), ...map.get('even')]),
);
export const singletonOfTheLastFiring = lastFiring(
  (elements) => asSingleton(elements.combineGlobally('Together', toList())),
  joined,
);

export const sideInputOfOneFiring = conformanceCase((p) => {
  const side = p.create('Side', ['x']).windowInto('Fires', ...everyFew(1, 'discarding'));
  const seen = p.create('Main', [1, 2]).map('See', (n, { side: view }) => `${n}${[...view].join('')}`, {
    sideInputs: { side: asIterable(side) },
  });
  PAssert.that(seen).containsInAnyOrder(['1x', '2x']);
}, triggered);

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
