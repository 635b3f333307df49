import {
  afterCount,
  afterProcessingTime,
  afterSynchronizedProcessingTime,
  afterWatermark,
  afterAll as allOf,
  always,
  afterAny as anyOf,
  type DoFn,
  defaultTrigger,
  afterEach as eachOf,
  fixedWindows,
  globalWindow,
  hours,
  type KV,
  mean,
  never,
  orFinally,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  repeatedly,
  sessionWindows,
  slidingWindows,
  sum,
  type TriggerSpec,
  type WindowOptions,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/*
 * Panes of bounded input. Which elements stand in a pane depends on their order, which no runner promises; how many
 * there are does not.
 */

const triggerCase = (build: (p: Pipeline) => void) => conformanceCase(build, { requires: ['triggers'] });
const exactCase = (build: (p: Pipeline) => void) =>
  conformanceCase(build, { requires: ['triggers'], exactPanes: true });
const exactSessionCase = (build: (p: Pipeline) => void) =>
  conformanceCase(build, { requires: ['triggers', 'mergingTriggers'], exactPanes: true });

/** So many numbers, all at instant 1. */
const numbers = (p: Pipeline, count: number): PCollection<number> => {
  const all = Array.from({ length: count }, (_, i) => i);
  return p.create('Numbers', all, { timestamps: all.map(() => 1) });
};

/** Says of a pane how much it holds, and which one it is: `2 EARLY 0/-1 first`. */
class PaneFn implements DoFn<number | string, string> {
  process(what: number | string, context: ProcessContext<string>): void {
    const { timing, index, nonSpeculativeIndex, isFirst, isLast } = context.pane;
    const flags = `${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`;
    context.output(`${what} ${timing} ${index}/${nonSpeculativeIndex}${flags}`);
  }
}

const panes = (what: PCollection<number | string>): PCollection<string> => what.parDo('Panes', () => new PaneFn());

const discarding = (trigger: TriggerSpec, options: WindowOptions = {}): WindowOptions => ({
  trigger,
  accumulation: 'discarding',
  onTimeBehavior: 'FIRE_IF_NONEMPTY',
  ...options,
});

/** How many elements stand in each pane of one key. */
function sizes(input: PCollection<number>, options: WindowOptions): PCollection<string> {
  const grouped = input
    .windowInto('Windows', fixedWindows(10), options)
    .keyBy(() => 'k')
    .groupByKey('Group');
  return panes(grouped.map('Size', ({ value }) => [...value].length));
}

export const triggerByCount = exactCase((p) => {
  PAssert.that(sizes(numbers(p, 5), discarding(repeatedly(afterCount(2))))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggerByCountThatAccumulates = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { accumulation: 'accumulating' });
  PAssert.that(sizes(numbers(p, 5), options)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '4 EARLY 1/-1',
    '5 ON_TIME 2/0 last',
  ]);
});

export const emptyPaneOnTime = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { onTimeBehavior: 'FIRE_ALWAYS' });
  PAssert.that(sizes(numbers(p, 4), options)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '0 ON_TIME 2/0 last',
  ]);
});

export const emptyPaneOnTimeThatAccumulates = exactCase((p) => {
  const options = discarding(afterWatermark({ early: afterCount(2) }), {
    onTimeBehavior: 'FIRE_ALWAYS',
    accumulation: 'accumulating',
  });
  PAssert.that(sizes(numbers(p, 4), options)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '4 EARLY 1/-1',
    '4 ON_TIME 2/0 last',
  ]);
});

export const noEmptyPaneOnTime = exactCase((p) => {
  const options = discarding(afterWatermark({ early: afterCount(2) }));
  PAssert.that(sizes(numbers(p, 4), options)).containsInAnyOrder(['2 EARLY 0/-1 first', '2 EARLY 1/-1']);
});

export const emptyPaneAtTheClose = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { closingBehavior: 'EMIT_ALWAYS', allowedLateness: 5 });
  PAssert.that(sizes(numbers(p, 2), options)).containsInAnyOrder(['2 EARLY 0/-1 first', '0 ON_TIME 1/0 last']);
});

export const triggerAlways = exactCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(always()))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '1 EARLY 1/-1',
    '1 EARLY 2/-1',
  ]);
});

export const triggerNever = triggerCase((p) => {
  const options = discarding(never(), { allowedLateness: 5 });
  PAssert.that(sizes(numbers(p, 3), options)).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerNeverWithoutLateness = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(never()))).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerAfterWatermark = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(afterWatermark()))).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerAfterWatermarkWithLateFirings = triggerCase((p) => {
  const options = discarding(afterWatermark({ late: afterCount(1) }), { allowedLateness: 5 });
  PAssert.that(sizes(numbers(p, 3), options)).containsInAnyOrder(['3 ON_TIME 0/0 first']);
});

export const triggerEarlyByCount = exactCase((p) => {
  const options = discarding(afterWatermark({ early: afterCount(3) }));
  PAssert.that(sizes(numbers(p, 7), options)).containsInAnyOrder([
    '3 EARLY 0/-1 first',
    '3 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggerEarlyByEither = exactCase((p) => {
  const early = anyOf(afterCount(2), afterProcessingTime(hours(1)));
  PAssert.that(sizes(numbers(p, 5), discarding(afterWatermark({ early })))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggerRepeatedDefault = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(repeatedly(defaultTrigger())))).containsInAnyOrder([
    '3 ON_TIME 0/0 first last',
  ]);
});

export const triggerAfterEach = exactCase((p) => {
  const trigger = eachOf(afterCount(1), afterCount(3), repeatedly(afterCount(2)));
  PAssert.that(sizes(numbers(p, 9), discarding(trigger))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '3 EARLY 1/-1',
    '2 EARLY 2/-1',
    '2 EARLY 3/-1',
    '1 ON_TIME 4/0 last',
  ]);
});

export const triggerAfterEachRepeated = exactCase((p) => {
  const trigger = repeatedly(eachOf(afterCount(1), afterCount(2)));
  PAssert.that(sizes(numbers(p, 6), discarding(trigger))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 EARLY 2/-1',
    '2 EARLY 3/-1',
  ]);
});

export const triggerAfterAll = exactCase((p) => {
  const trigger = repeatedly(allOf(afterCount(2), afterCount(3)));
  PAssert.that(sizes(numbers(p, 4), discarding(trigger))).containsInAnyOrder([
    '3 EARLY 0/-1 first',
    '1 ON_TIME 1/0 last',
  ]);
});

export const triggerAfterAllWaitsForTheWatermark = triggerCase((p) => {
  const trigger = repeatedly(allOf(afterCount(2), afterWatermark()));
  PAssert.that(sizes(numbers(p, 4), discarding(trigger))).containsInAnyOrder(['4 ON_TIME 0/0 first last']);
});

export const triggerAfterAny = exactCase((p) => {
  const trigger = repeatedly(anyOf(afterCount(2), afterCount(3), afterWatermark()));
  PAssert.that(sizes(numbers(p, 3), discarding(trigger))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '1 ON_TIME 1/0 last',
  ]);
});

export const triggerOrFinally = exactCase((p) => {
  // The second trigger counts over the panes of the first.
  const trigger = repeatedly(orFinally(repeatedly(afterCount(2)), afterCount(3)));
  PAssert.that(sizes(numbers(p, 7), discarding(trigger))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '1 EARLY 1/-1',
    '2 EARLY 2/-1',
    '1 EARLY 3/-1',
    '1 ON_TIME 4/0 last',
  ]);
});

export const triggerByProcessingTimeFiresAtTheEndOfTime = triggerCase((p) => {
  const options = discarding(repeatedly(afterProcessingTime(hours(100), { alignTo: hours(1) })));
  PAssert.that(sizes(numbers(p, 3), options)).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerByProcessingTimeWithoutDelay = exactCase((p) => {
  PAssert.that(sizes(numbers(p, 2), discarding(repeatedly(afterProcessingTime(0))))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '1 EARLY 1/-1',
  ]);
});

export const triggerByCountOrSynchronizedTime = exactCase((p) => {
  const trigger = repeatedly(allOf(afterCount(3), anyOf(afterSynchronizedProcessingTime(), afterCount(3))));
  PAssert.that(sizes(numbers(p, 3), discarding(trigger))).containsInAnyOrder(['3 EARLY 0/-1 first']);
});

export const triggerWithoutElements = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 0), discarding(afterWatermark({ early: afterCount(1) })))).empty();
});

export const triggerOfTheGlobalWindow = exactCase((p) => {
  const grouped = numbers(p, 5)
    .windowInto(globalWindow(), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .groupByKey();
  PAssert.that(panes(grouped.map(({ value }) => [...value].length))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggersKeepKeysAndWindowsApart = exactCase((p) => {
  const all = [1, 2, 3, 4, 5, 6, 11, 12, 13];
  const grouped = p
    .create('Numbers', all, { timestamps: all })
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy((n) => (n % 2 === 0 ? 'even' : 'odd'))
    .groupByKey()
    .map(({ key, value }) => `${key}:${[...value].length}`);
  PAssert.that(panes(grouped)).containsInAnyOrder([
    'odd:2 EARLY 0/-1 first',
    'odd:1 ON_TIME 1/0 last',
    'even:2 EARLY 0/-1 first',
    'even:1 ON_TIME 1/0 last',
    'odd:2 EARLY 0/-1 first',
    'even:1 ON_TIME 0/0 first last',
  ]);
});

export const triggersOfSlidingWindows = exactCase((p) => {
  const grouped = numbers(p, 3)
    .windowInto(slidingWindows(10, 5), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .groupByKey();
  PAssert.that(panes(grouped.map(({ value }) => [...value].length))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 0/-1 first',
    '1 ON_TIME 1/0 last',
    '1 ON_TIME 1/0 last',
  ]);
});

export const triggersOfACombine = exactCase((p) => {
  const sums = numbers(p, 5)
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .map((): KV<string, number> => ({ key: 'k', value: 10 }))
    .combinePerKey(sum());
  PAssert.that(panes(sums.map(({ value }) => value))).containsInAnyOrder([
    '20 EARLY 0/-1 first',
    '20 EARLY 1/-1',
    '10 ON_TIME 2/0 last',
  ]);
});

export const triggersOfACombineThatAccumulates = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { accumulation: 'accumulating' });
  const means = numbers(p, 5)
    .windowInto(fixedWindows(10), options)
    .map((): KV<string, number> => ({ key: 'k', value: 10 }))
    .combinePerKey(mean());
  PAssert.that(panes(means.map(({ value }) => value))).containsInAnyOrder([
    '10 EARLY 0/-1 first',
    '10 EARLY 1/-1',
    '10 ON_TIME 2/0 last',
  ]);
});

export const emptyPaneOfACombine = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { onTimeBehavior: 'FIRE_ALWAYS' });
  const counts = numbers(p, 2)
    .windowInto(fixedWindows(10), options)
    .keyBy(() => 'k')
    .countPerKey();
  PAssert.that(panes(counts.map(({ value }) => value))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '0 ON_TIME 1/0 last',
  ]);
});

export const manyFirings = exactCase((p) => {
  const grouped = numbers(p, 10_000)
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(100))))
    .keyBy((n) => n % 10)
    .groupByKey()
    .map(({ value }) => [...value].length);
  PAssert.that(grouped).containsInAnyOrder(new Array(100).fill(100));
});

export const continuationOfATrigger = exactCase((p) => {
  // What has fired flows on without waiting again: each pane of three keys is a pane of its own.
  const counts = numbers(p, 12)
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy((n) => n % 3)
    .countPerKey('First')
    .map(({ value }) => value)
    .keyBy('Again', () => 'all')
    .groupByKey('Second')
    .map('Values', ({ value }) => [...value].join());
  PAssert.that(counts).containsInAnyOrder(['2', '2', '2', '2', '2', '2']);
});

export const continuationOfEarlyFirings = exactCase((p) => {
  const sums = numbers(p, 8)
    .windowInto(fixedWindows(10), discarding(afterWatermark({ early: afterCount(3) })))
    .keyBy(() => 'k')
    .countPerKey('First')
    .combinePerKey('Second', sum());
  PAssert.that(sums.map(({ value }) => value)).containsInAnyOrder([3, 3, 2]);
});

export const rewindowedAfterATrigger = triggerCase((p) => {
  const total = numbers(p, 7)
    .windowInto('Small', fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .countPerKey('First')
    .windowInto('Big', fixedWindows(100), discarding(defaultTrigger()))
    .combinePerKey('Second', sum());
  PAssert.that(panes(total.map(({ value }) => value))).containsInAnyOrder(['7 ON_TIME 0/0 first last']);
});

export const sessionsUnderATrigger = triggerCase((p) => {
  const at = [1, 18, 10, 40];
  const grouped = p
    .create('Numbers', at, { timestamps: at })
    .windowInto(sessionWindows(10), discarding(never(), { allowedLateness: 5 }))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort((a, b) => a - b).join('+'));
  PAssert.that(panes(grouped)).containsInAnyOrder(['1+10+18 ON_TIME 0/0 first last', '40 ON_TIME 0/0 first last']);
});

export const sessionsThatFireByCount = exactSessionCase((p) => {
  const at = [1, 2, 3, 4, 5, 40];
  const grouped = p
    .create('Numbers', at, { timestamps: at })
    .windowInto(sessionWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].length);
  PAssert.that(panes(grouped)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
    '1 ON_TIME 0/0 first last',
  ]);
});

/** Says where an element stands: `value@timestamp[start,end)`. */
class WhereFn implements DoFn<string, string> {
  process(element: string, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    context.output(`${element}@${context.timestamp}[${start},${end})`);
  }
}

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
      PAssert.that(grouped.parDo('Where', () => new WhereFn())).containsInAnyOrder([
        `1+10+18@${first}[1,28)`,
        `40@${second}[40,50)`,
      ]);
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
      PAssert.that(sums.parDo('Where', () => new WhereFn())).containsInAnyOrder(expected);
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
    PAssert.that(grouped.parDo('Where', () => new WhereFn())).containsInAnyOrder(['3@1[0,10)', '1@12[10,20)']);
  },
  { requires: ['timestampCombiners'] },
);
