import { type CalendarWindowsPayload, calendarDays, type IntervalWindow } from 'millrace';
import { loadWindowFns, type WindowAssigner, windowAssigner } from '#millrace/runners/kernel/index.js';
import { planOf, windowingOf } from '../sdk/build.js';

export const DAY = 86_400_000;

export const at = (text: string): number => Date.parse(text);

export const bounds = (window: unknown): readonly [start: number, end: number] => {
  const { start, end } = window as IntervalWindow;
  return [start, end];
};

const strategy = windowingOf(
  planOf((p) => void p.create([1]).windowInto('days', calendarDays(1))),
  'days',
);

/** To be awaited before any is asked. */
export const loadCalendars = (): Promise<void> => loadWindowFns({ windowingStrategies: { strategy } });

export const assigner = (payload: CalendarWindowsPayload): WindowAssigner =>
  windowAssigner({ urn: 'millrace:window_fn:calendar:v1', payload: { ...payload } });
