import {
  type DoFn,
  eventTimer,
  GlobalWindow,
  type PCollection,
  type ProcessContext,
  type TimerContext,
  valueState,
} from 'millrace';
import type { Pair } from './pairs.js';
import { boundsOf } from './where.js';

const summing = { state: { sum: valueState<number>() }, timers: { end: eventTimer() } };

class SumByHand implements DoFn<Pair, string, typeof summing> {
  process({ value }: Pair, { state, timers, window }: ProcessContext<string, typeof summing>): void {
    state.sum.write((state.sum.read() ?? 0) + value);
    timers.end.set(window.maxTimestamp);
  }
  readonly onTimer = {
    end: ({ key, state, window, output }: TimerContext<string, typeof summing>): void =>
      output(`${key}=${state.sum.read()}${window === GlobalWindow.INSTANCE ? '' : boundsOf(window)}`),
  };
}

/** The sum of the values of a key, in a cell, when the window has come to its end: `key=sum[start,end)`. */
export const sumByHand = (input: PCollection<Pair>, name = 'SumByHand'): PCollection<string> =>
  input.parDo(name, () => new SumByHand(), summing);
