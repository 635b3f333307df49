import {
  fixedWindows,
  type PCollection,
  type Pipeline,
  type PipelineDefinition,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { type TestStream, testStream, timestamped } from 'millrace/testing';
import { placedPanes } from './panes.js';
import { streamCase } from './streamed.js';

/*
 * Panes as time goes on: a test stream says when what comes. Elements that have to stand in one pane, or in different ones,
 * come in events of their own, since a runner may look at its triggers after each element or after several.
 */

export const timedCase = (
  build: (p: Pipeline) => void,
  counters: Readonly<Record<string, number>> = {},
): PipelineDefinition => streamCase(build, { requires: ['triggers'], counters });

/** How long a window is, and the gap of a session. */
export const SIZE = 10;

/** A number that stands at the instant that it is. */
export const at = (...instants: readonly number[]) => instants.map((instant) => timestamped(instant, instant));

export const numbers = (): TestStream<number> => testStream<number>();

/** What each pane of one key holds, and where it stands. */
export function panesOf(
  p: Pipeline,
  stream: TestStream<number>,
  options: WindowOptions,
  windowFn: WindowFnDescriptor = fixedWindows(SIZE),
): PCollection<string> {
  return placedPanes(
    p
      .apply(stream)
      .windowInto('Windows', windowFn, { accumulation: 'discarding', ...options })
      .keyBy('Key', () => 'k')
      .groupByKey('Gather')
      .map('Values', ({ value }) => [...value].sort((a, b) => a - b).join()),
  );
}
