import {
  afterProcessingTime,
  bagState,
  eventTimer,
  fixedWindows,
  type KV,
  type PCollection,
  type Pipeline,
  repeatedly,
  sum,
  valueState,
} from 'millrace';
import { PAssert, type TestStream, testStream, timestamped } from 'millrace/testing';
import { conformanceCase, type Requirement } from '../case.js';

/** Time that passes through several steps, and what state and timers make of it. */

const at = (...all: number[]) => all.map((n) => timestamped(n, n));

const streamCase = (build: (p: Pipeline) => void, ...requires: Requirement[]) =>
  conformanceCase(build, { requires: ['testStream', ...requires], alone: true });

const joined = (pairs: PCollection<KV<string, number>>, name: string): PCollection<string> =>
  pairs
    .groupByKey(`Group ${name}`)
    .map(`Join ${name}`, ({ key, value }) => `${key}${[...value].sort((a, b) => a - b).join('+')}`);

/** The second grouping fires when the first has, and drops nothing of it. */
export const timePassesThroughSeveralStages = streamCase((p) => {
  const stream = testStream<number>()
    .addElements(...at(1, 2, 12))
    .advanceWatermark(11)
    .addElements(...at(15))
    .advanceWatermark(30)
    .addElements(...at(41))
    .advanceWatermarkToInfinity();
  const counts = p
    .apply(stream)
    .windowInto('Tens', fixedWindows(10))
    .keyBy('Parity', (n) => `${n % 2}`)
    .countPerKey('First')
    .map('All', ({ value }): KV<string, number> => ({ key: 'n', value }));
  const sums = counts
    .combinePerKey('Second', sum())
    .map('Twenties', ({ value }): KV<string, number> => ({ key: 's', value }));
  PAssert.that(joined(sums.windowInto('Again', fixedWindows(20)), 'third')).containsInAnyOrder(['s2+2', 's1']);
});

export const delayedPanesInTheGlobalWindow = streamCase((p) => {
  const stream = testStream<number>()
    .addElements(...at(1, 2))
    .advanceProcessingTime(11)
    .addElements(...at(3))
    .advanceProcessingTime(11)
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const panes = p
    .apply(stream)
    .windowInto(fixedWindows(1_000), {
      trigger: repeatedly(afterProcessingTime(10)),
      accumulation: 'discarding',
    })
    .keyBy(() => 'k');
  PAssert.that(joined(panes, 'panes')).containsInAnyOrder(['k1+2', 'k3', 'k4']);
}, 'triggers');

export const delayedSumsThatAccumulate = streamCase((p) => {
  const stream = testStream<number>()
    .addElements(...at(1, 2))
    .advanceProcessingTime(11)
    .addElements(...at(3))
    .advanceProcessingTime(11)
    .advanceWatermarkToInfinity();
  const sums = p
    .apply(stream)
    .windowInto(fixedWindows(1_000), {
      trigger: repeatedly(afterProcessingTime(10)),
      accumulation: 'accumulating',
    })
    .combineGlobally(sum());
  // The last one is the pane on time, which comes whether it holds something new or not.
  PAssert.that(sums).containsInAnyOrder([3, 6, 6]);
}, 'triggers');

const keyed = (p: Pipeline, stream: TestStream<number>): PCollection<KV<string, number>> =>
  p.apply(stream).keyBy('Key', () => 'k');

const timed = { timers: { at: eventTimer() } };

/** Set to ten times the element; fires when the watermark gets there, and stands there. */
const fired = (input: PCollection<KV<string, number>>): PCollection<string> =>
  input.parDo<string, typeof timed>(
    'Timed',
    () => ({
      process({ value }, { timers }) {
        timers.at.set(value);
        timers.at.set(value * 2);
      },
      onTimer: { at: ({ firingTime, timestamp, output }) => output(`${firingTime}@${timestamp}`) },
    }),
    timed,
  );

export const timersOfAStream = streamCase((p) => {
  const stream = testStream<number>()
    .addElements(...at(10))
    .advanceWatermark(100)
    .addElements(...at(100))
    .advanceWatermark(1_000);
  PAssert.that(fired(keyed(p, stream))).containsInAnyOrder(['20@20', '200@200']);
}, 'timers');

/** An element of a later bundle puts off what an earlier one has set. */
export const timerPutOffByALaterBundle = streamCase((p) => {
  const stream = testStream<number>()
    .addElements(...at(10))
    .advanceWatermark(15)
    .addElements(...at(18))
    .advanceWatermark(25)
    .addElements(...at(30))
    .advanceWatermarkToInfinity();
  PAssert.that(fired(keyed(p, stream))).containsInAnyOrder(['60@60']);
}, 'timers');

const clearing = { timers: { at: eventTimer() } };

export const timerClearedByALaterBundle = streamCase((p) => {
  const stream = testStream<number>()
    .addElements(...at(1))
    .advanceWatermark(5)
    .addElements(...at(-1).map(({ value }) => timestamped(value, 6)))
    .advanceWatermarkToInfinity();
  const seen = keyed(p, stream).parDo<string, typeof clearing>(
    'Clear',
    () => ({
      process({ value }, { timers, output }) {
        if (value > 0) timers.at.set(50);
        else timers.at.clear();
        output(`${value}`);
      },
      onTimer: { at: ({ output }) => output('fired') },
    }),
    clearing,
  );
  PAssert.that(seen).containsInAnyOrder(['1', '-1']);
}, 'timers');

const expiring = { state: { bag: bagState<number>() } };

const expired = (input: PCollection<KV<string, number>>): PCollection<string> =>
  input.parDo<string, typeof expiring>(
    'Expire',
    () => ({
      process: ({ value }, { state }) => state.bag.add(value),
      onWindowExpiration: ({ state, window, output }) =>
        output(`${window.start}: ${[...state.bag.read()].sort((a, b) => a - b).join('+')}`),
    }),
    expiring,
  );

export const windowsOfAStreamExpire = streamCase(
  (p) => {
    const stream = testStream<number>()
      .addElements(...at(1, 2))
      .addElements(...at(13))
      .advanceWatermark(10)
      .addElements(...at(14))
      .advanceWatermark(25)
      .addElements(...at(21))
      .advanceWatermarkToInfinity();
    PAssert.that(expired(keyed(p, stream).windowInto(fixedWindows(10)))).containsInAnyOrder([
      '0: 1+2',
      '10: 13+14',
      '20: 21',
    ]);
  },
  'state',
  'windowExpiration',
);

export const windowsExpireAfterTheirLateness = streamCase(
  (p) => {
    const stream = testStream<number>()
      .addElements(...at(1))
      .advanceWatermark(12)
      .addElements(...at(2))
      .advanceWatermark(13)
      .addElements(...at(3))
      .advanceWatermarkToInfinity();
    PAssert.that(expired(keyed(p, stream).windowInto(fixedWindows(10), { allowedLateness: 5 }))).containsInAnyOrder([
      '0: 1+2+3',
    ]);
  },
  'state',
  'windowExpiration',
);

const sorting = { state: { order: valueState<string>() }, requiresTimeSortedInput: true } as const;

/** What a key has seen, in order, so far. */
const inOrder = (input: PCollection<KV<string, number>>): PCollection<string> =>
  input.parDo<string, typeof sorting>(
    'In order',
    () => ({
      process({ value }, { state, output }) {
        const order = `${state.order.read() ?? ''} ${value}`;
        state.order.write(order);
        output(order.trim());
      },
    }),
    sorting,
  );

export const streamInOrderOfTime = streamCase(
  (p) => {
    const stream = testStream<number>()
      .addElements(...at(5, 3))
      .addElements(...at(9))
      .addElements(...at(1))
      .advanceWatermark(8)
      .addElements(...at(8))
      .advanceWatermarkToInfinity();
    PAssert.that(inOrder(keyed(p, stream))).containsInAnyOrder(['1', '1 3', '1 3 5', '1 3 5 8', '1 3 5 8 9']);
  },
  'state',
  'timeSortedInput',
);
