import { eventTimer, type PCollection, type ProcessContext, type TimerContext } from 'millrace';
import type { Pair } from './pairs.js';

export const flush = { timers: { flush: eventTimer() } };
export type Flush = typeof flush;

/** Sets one timer in event time for every element, and says what it sees when it fires. */
export function timed(
  input: PCollection<Pair>,
  set: (element: Pair, context: ProcessContext<string, Flush>) => void,
  onFlush: (context: TimerContext<string, Flush>) => void = ({ key, timestamp, output }) =>
    output(`${key}@${timestamp}`),
): PCollection<string> {
  return input.parDo<string, Flush>('Timed', () => ({ process: set, onTimer: { flush: onFlush } }), flush);
}
