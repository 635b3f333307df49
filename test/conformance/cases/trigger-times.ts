import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  afterAny as anyOf,
  type DoFn,
  defaultTrigger,
  afterEach as eachOf,
  fixedWindows,
  GlobalWindow,
  globalWindow,
  never,
  orFinally,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  repeatedly,
  sessionWindows,
  sum,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { PAssert, type TestStream, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/*
 * Panes as time goes on: a test stream says when what comes. Elements that have to stand in one pane, or in different ones,
 * come in events of their own, since a runner may look at its triggers after each element or after several.
 */

const timedCase = (build: (p: Pipeline) => void, counters: Readonly<Record<string, number>> = {}) =>
  conformanceCase(build, { requires: ['triggers', 'testStream'], alone: true, counters });
const sessionCase = (build: (p: Pipeline) => void) =>
  conformanceCase(build, { requires: ['triggers', 'testStream', 'mergingTriggers'], alone: true });

const SIZE = 10;

/** Says of a pane what it holds, and where it stands: `1,2@9 EARLY 0/-1 first`. */
class PaneFn implements DoFn<string, string> {
  process(what: string, context: ProcessContext<string>): void {
    const { timing, index, nonSpeculativeIndex, isFirst, isLast } = context.pane;
    const { start, end } = context.window;
    const bounds = context.window === GlobalWindow.INSTANCE ? '' : `@${context.timestamp}[${start},${end})`;
    const flags = `${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`;
    context.output(`${what}${bounds} ${timing} ${index}/${nonSpeculativeIndex}${flags}`);
  }
}

/** A number that stands at the instant that it is. */
const at = (...instants: readonly number[]) => instants.map((instant) => timestamped(instant, instant));

function panes(
  p: Pipeline,
  stream: TestStream<number>,
  options: WindowOptions,
  windowFn: WindowFnDescriptor = fixedWindows(SIZE),
): PCollection<string> {
  return p
    .apply(stream)
    .windowInto('Windows', windowFn, { accumulation: 'discarding', ...options })
    .keyBy('Key', () => 'k')
    .groupByKey('Gather')
    .map('Values', ({ value }) => [...value].sort((a, b) => a - b).join())
    .parDo('Panes', () => new PaneFn());
}

const numbers = (): TestStream<number> => testStream<number>();

export const earlyOnTimeAndLatePanes = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2))
    .addElements(...at(5))
    .advanceWatermark(10)
    .addElements(...at(7))
    .advanceWatermark(12)
    .addElements(...at(3))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
  PAssert.that(panes(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '5@9[0,10) ON_TIME 1/0',
    '7@9[0,10) LATE 2/1',
    '3@9[0,10) LATE 3/2',
  ]);
});

export const earlyOnTimeAndLatePanesThatAccumulate = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2))
    .addElements(...at(5))
    .advanceWatermark(10)
    .addElements(...at(7))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
  const options: WindowOptions = { trigger, allowedLateness: 50, accumulation: 'accumulating' };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '1,2,5@9[0,10) ON_TIME 1/0',
    '1,2,5,7@9[0,10) LATE 2/1',
  ]);
});

export const lateElementsWaitForTheClose = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2))
    .addElements(...at(5))
    .advanceWatermark(10)
    .addElements(...at(7, 3))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: never() });
  PAssert.that(panes(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '5@9[0,10) ON_TIME 1/0',
    '3,7@9[0,10) LATE 2/1 last',
  ]);
});

export const lateFirstElement = timedCase((p) => {
  const stream = numbers()
    .advanceWatermark(20)
    .addElements(...at(1))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: defaultTrigger(), allowedLateness: 50, closingBehavior: 'EMIT_ALWAYS' };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder(['1@9[0,10) LATE 0/0 first', '@9[0,10) LATE 1/1 last']);
});

export const tooLateIsDroppedUnderATrigger = timedCase(
  (p) => {
    const stream = numbers()
      .addElements(...at(1))
      .advanceWatermark(10)
      .addElements(...at(2))
      .advanceWatermark(15)
      .addElements(...at(3, 4))
      .advanceWatermarkToInfinity();
    const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
    PAssert.that(panes(p, stream, { trigger, allowedLateness: 5 })).containsInAnyOrder([
      '1@9[0,10) ON_TIME 0/0 first',
      '2@9[0,10) LATE 1/1',
    ]);
  },
  { 'Gather#millrace:dropped_late': 2 },
);

export const onTheLastInstantOfTheLateness = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(14)
    .addElements(...at(2))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
  PAssert.that(panes(p, stream, { trigger, allowedLateness: 5 })).containsInAnyOrder([
    '1@9[0,10) ON_TIME 0/0 first',
    '2@9[0,10) LATE 1/1',
  ]);
});

export const firesAfterADelay = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceProcessingTime(6)
    .addElements(...at(2))
    .advanceProcessingTime(6)
    .addElements(...at(3))
    .advanceProcessingTime(20)
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: repeatedly(afterProcessingTime(10)) };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '3@9[0,10) EARLY 1/-1',
    '4@9[0,10) ON_TIME 2/0 last',
  ]);
});

export const firesAfterADelayInTheGlobalWindow = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2, 3))
    .advanceProcessingTime(12)
    .addElements(...at(4, 5))
    .advanceProcessingTime(12)
    .addElements(...at(6))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: repeatedly(afterProcessingTime(10)) };
  PAssert.that(panes(p, stream, options, globalWindow())).containsInAnyOrder([
    '1,2,3 EARLY 0/-1 first',
    '4,5 EARLY 1/-1',
    '6 ON_TIME 2/0 last',
  ]);
});

export const earlyAndLateFiringsAfterADelay = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceProcessingTime(6)
    .addElements(...at(2))
    .advanceWatermark(10)
    .addElements(...at(3))
    .advanceProcessingTime(2)
    .addElements(...at(4))
    .advanceProcessingTime(6)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterProcessingTime(5), late: afterProcessingTime(5) });
  PAssert.that(panes(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1@9[0,10) EARLY 0/-1 first',
    '2@9[0,10) ON_TIME 1/0',
    '3,4@9[0,10) LATE 2/1',
  ]);
});

export const countOrDelayWhicheverIsFirst = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(2))
    .addElements(...at(3))
    .advanceProcessingTime(12)
    .addElements(...at(4))
    .advanceProcessingTime(6)
    .addElements(...at(5))
    .addElements(...at(6))
    .advanceWatermarkToInfinity();
  const trigger = repeatedly(anyOf(afterCount(2), afterProcessingTime(10)));
  PAssert.that(panes(p, stream, { trigger, onTimeBehavior: 'FIRE_IF_NONEMPTY' })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '3@9[0,10) EARLY 1/-1',
    '4,5@9[0,10) EARLY 2/-1',
    '6@9[0,10) ON_TIME 3/0 last',
  ]);
});

export const emptyPaneOnTimeAfterEarlyOnes = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(10)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(1), late: afterCount(1) });
  PAssert.that(panes(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1@9[0,10) EARLY 0/-1 first',
    '@9[0,10) ON_TIME 1/0',
  ]);
});

export const noEmptyPaneOnTimeUnlessAsked = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(10)
    .addElements(...at(2))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(1), late: afterCount(1) });
  const options: WindowOptions = { trigger, allowedLateness: 50, onTimeBehavior: 'FIRE_IF_NONEMPTY' };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder(['1@9[0,10) EARLY 0/-1 first', '2@9[0,10) LATE 1/0']);
});

export const finalPaneWhenAsked = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(10)
    .advanceWatermark(30)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(5), late: afterCount(1) });
  const options: WindowOptions = {
    trigger,
    allowedLateness: 10,
    closingBehavior: 'EMIT_ALWAYS',
    accumulation: 'accumulating',
  };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder([
    '1@9[0,10) ON_TIME 0/0 first',
    '1@9[0,10) LATE 1/1 last',
  ]);
});

export const finallyComesTheLastPane = timedCase((p) => {
  // The main trigger goes on over both windows' ends; `until` closes each at its end.
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(2))
    .addElements(...at(3))
    .advanceWatermark(10)
    .advanceWatermarkToInfinity();
  const trigger = repeatedly(orFinally(repeatedly(afterCount(2)), afterWatermark()));
  PAssert.that(panes(p, stream, { trigger })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '3@9[0,10) ON_TIME 1/0 last',
  ]);
});

export const triggersTakeTurns = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(2))
    .advanceProcessingTime(12)
    .addElements(...at(3))
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const trigger = eachOf(afterCount(1), afterProcessingTime(10), repeatedly(afterCount(2)));
  PAssert.that(panes(p, stream, { trigger, onTimeBehavior: 'FIRE_IF_NONEMPTY' })).containsInAnyOrder([
    '1@9[0,10) EARLY 0/-1 first',
    '2@9[0,10) EARLY 1/-1',
    '3,4@9[0,10) EARLY 2/-1',
  ]);
});

export const sessionsFireEarlyAndGrow = sessionCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(5))
    .addElements(...at(12))
    .advanceWatermark(30)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(1) });
  PAssert.that(panes(p, stream, { trigger, accumulation: 'accumulating' }, sessionWindows(SIZE))).containsInAnyOrder([
    '1@10[1,11) EARLY 0/-1 first',
    '1,5@14[1,15) EARLY 1/-1',
    '1,5,12@21[1,22) EARLY 2/-1',
    '1,5,12@21[1,22) ON_TIME 3/0 last',
  ]);
});

export const sessionsBridgedByAnElement = sessionCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(18))
    .addElements(...at(10))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(3) });
  const options: WindowOptions = { trigger, onTimeBehavior: 'FIRE_IF_NONEMPTY' };
  PAssert.that(panes(p, stream, options, sessionWindows(SIZE))).containsInAnyOrder([
    '1,10,18@27[1,28) EARLY 0/-1 first',
  ]);
});

export const lateElementsOfASession = sessionCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(15)
    .addElements(...at(1))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ late: afterCount(1) });
  PAssert.that(panes(p, stream, { trigger, allowedLateness: 50 }, sessionWindows(SIZE))).containsInAnyOrder([
    '1@10[1,11) ON_TIME 0/0 first',
    '1@10[1,11) LATE 1/1',
  ]);
});

export const earliestTimestampLeavesLateElementsOut = timedCase((p) => {
  const stream = numbers()
    .advanceWatermark(5)
    .addElements(...at(2, 3, 7, 8))
    .advanceWatermark(11)
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: defaultTrigger(), timestampCombiner: 'earliest' };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder(['2,3,7,8@7[0,10) ON_TIME 0/0 first last']);
});

export const latestTimestampOfEachPane = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(2))
    .addElements(...at(1))
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: repeatedly(afterCount(2)), timestampCombiner: 'latest' };
  PAssert.that(panes(p, stream, options)).containsInAnyOrder([
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
      .map('Sums', ({ value }) => String(value))
      .parDo('Panes', () => new PaneFn());
    PAssert.that(sums).containsInAnyOrder(['3@1[0,2) ON_TIME 0/0 first last', '31@31[30,32) ON_TIME 0/0 first last']);
  },
  { 'Second#millrace:dropped_late': 0 },
);

export const continuationOfADelay = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2, 3))
    .advanceProcessingTime(12)
    .advanceProcessingTime(1)
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const sums = p
    .apply(stream)
    .windowInto('Windows', fixedWindows(SIZE), {
      trigger: repeatedly(afterProcessingTime(10)),
      accumulation: 'discarding',
      onTimeBehavior: 'FIRE_IF_NONEMPTY',
    })
    .keyBy('Key', (n) => n % 2)
    .combinePerKey('First', sum())
    .map('Sum', ({ value }) => value)
    .keyBy('All', () => 'all')
    .combinePerKey('Second', sum())
    .map('Sums', ({ value }) => String(value))
    .parDo('Panes', () => new PaneFn());
  // Both keys have fired at one instant: the second grouping waits for all that came of it.
  PAssert.that(sums).containsInAnyOrder(['6@9[0,10) EARLY 0/-1 first', '4@9[0,10) ON_TIME 1/0 last']);
});
