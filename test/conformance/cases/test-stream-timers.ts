import {
  bagState,
  type DoFn,
  eventTimer,
  fixedWindows,
  type KV,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  processingTimer,
  seconds,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { groups, streamCase } from '../shapes/streamed.js';
import { where } from '../shapes/where.js';

const clocked = { timers: { wait: processingTimer() } };

/** Says what it waited for, a second after each element by the clock. */
class WaitASecond implements DoFn<KV<string, string>, string, typeof clocked> {
  readonly onTimer = {
    wait: ({ key, output, firingTime }: TimerContext<string, typeof clocked>): void =>
      output(`${key} ${firingTime % 1_000 === 0 ? 'on the second' : 'off the second'}`),
  };
  process({ value }: KV<string, string>, { timers, output }: ProcessContext<string, typeof clocked>): void {
    timers.wait.setAfter(seconds(1), { alignTo: seconds(1) });
    output(value);
  }
}

const timerCase = (build: (p: Pipeline) => void) => streamCase(build, { requires: ['state', 'timers'] });

/** Pairs of words and themselves. */
const twins = (words: PCollection<string>): PCollection<KV<string, string>> => words.keyBy('Twin', (word) => word);

export const timersByTheClock = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceProcessingTime(seconds(3))
      .addElements(timestamped('b', 2))
      .advanceWatermark(10)
      .advanceProcessingTime(seconds(3))
      .advanceWatermarkToInfinity(),
  );
  const waited = twins(words).parDo('Wait', () => new WaitASecond(), clocked);
  PAssert.that(waited).containsInAnyOrder(['a', 'a on the second', 'b', 'b on the second']);
});

export const timersByTheClockHoldTheWatermark = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(20)
      .advanceProcessingTime(seconds(2))
      .advanceWatermarkToInfinity(),
  );
  // What the timer emits has the timestamp of its element: were the watermark not held, it would come too late.
  const waited = twins(words).parDo('Wait', () => new WaitASecond(), clocked);
  PAssert.that(where(groups(waited.windowInto(fixedWindows(10))))).equals('a+a on the second@9[0,10)');
});

const looping = { timers: { tick: processingTimer() }, state: { ticks: valueState<number>() } };

/** Counts seconds by the clock, three of them. */
class Ticking implements DoFn<KV<string, string>, string, typeof looping> {
  readonly onTimer = {
    tick: ({ state, timers, output }: TimerContext<string, typeof looping>): void => {
      const ticks = (state.ticks.read() ?? 0) + 1;
      state.ticks.write(ticks);
      output(`tick ${ticks}`);
      if (ticks < 3) timers.tick.setAfter(seconds(1));
    },
  };
  process(_: KV<string, string>, { timers }: ProcessContext<string, typeof looping>): void {
    timers.tick.setAfter(seconds(1));
  }
}

export const loopingTimersByTheClock = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceProcessingTime(seconds(1))
      .advanceProcessingTime(seconds(1))
      .advanceProcessingTime(seconds(1))
      .advanceProcessingTime(seconds(1))
      .advanceWatermarkToInfinity(),
  );
  const ticks = twins(words).parDo('Tick', () => new Ticking(), looping);
  PAssert.that(ticks).containsInAnyOrder(['tick 1', 'tick 2', 'tick 3']);
});

const atEnd = { timers: { end: eventTimer() }, state: { words: bagState<string>() } };

/** The words of a key, when the watermark has passed the end of their window. */
class AtEnd implements DoFn<KV<string, string>, string, typeof atEnd> {
  readonly onTimer = {
    end: ({ state, output }: TimerContext<string, typeof atEnd>): void =>
      output([...state.words.read()].sort().join('+')),
  };
  process({ value }: KV<string, string>, context: ProcessContext<string, typeof atEnd>): void {
    context.state.words.add(value);
    context.timers.end.set(context.window.maxTimestamp);
  }
}

export const timersInEventTime = timerCase((p) => {
  const words = p.apply(
    testStream<string>()
      .addElements(timestamped('a', 1))
      .advanceWatermark(5)
      .addElements(timestamped('b', 2), timestamped('d', 12))
      .advanceWatermark(10)
      .addElements(timestamped('late', 3))
      .advanceWatermarkToInfinity(),
  );
  const keyed = words.windowInto(fixedWindows(10)).keyBy(() => 'k');
  const ends = keyed.parDo('At end', () => new AtEnd(), atEnd);
  PAssert.that(where(ends)).containsInAnyOrder(['a+b@9[0,10)', 'd@19[10,20)']);
});
