import { MILLRACE_WINDOW_FN } from '../model/urns.js';
import type { CalendarWindowsPayload } from '../model/windowing.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import { intervals, type WindowFnDescriptor } from './window-fns.js';

export interface CalendarOptions {
  /** Whose days they are, by its IANA name (`Europe/Paris`); UTC when absent. */
  readonly timeZone?: string;
  /**
   * When a window begins, on the clock of the time zone: `2024-01-31` or `2024-01-31T06:00`; others follow and precede it.
   * Months that lack the day begin with their last one. When absent, the start of the year 1970.
   */
  readonly startDate?: string;
}

export type Weekday = (typeof WEEKDAYS)[number];

export interface CalendarWeeksOptions extends CalendarOptions {
  /** Monday, or the day of `startDate`, when absent. */
  readonly firstDay?: Weekday;
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const EPOCH = '1970-01-01';
const DAY_MS = 86_400_000;
/** Ten thousand years. */
const MOST = { days: 3_652_425, months: 120_000 };

/** Windows of `count` days: from midnight to midnight, so that a day is as long as its time zone makes it. */
export function calendarDays(count: number, options: CalendarOptions = {}): WindowFnDescriptor {
  return calendar('days', count, 1, options);
}

/** Windows of `count` weeks. */
export function calendarWeeks(count: number, options: CalendarWeeksOptions = {}): WindowFnDescriptor {
  const { firstDay, startDate, ...zone } = options;
  if (firstDay !== undefined && !WEEKDAYS.includes(firstDay))
    throw refuse(`'${String(firstDay)}' is no day of the week`, `one of ${WEEKDAYS.join(', ')}`);
  if (startDate === undefined) return calendar('days', count, 7, { ...zone, startDate: firstBefore(firstDay) });
  const day = WEEKDAYS[new Date(parseStart(startDate).dayMs).getUTCDay()];
  if (firstDay !== undefined && firstDay !== day)
    throw refuse(`weeks begin on ${firstDay}, and ${startDate} is a ${day}`, 'leave one of the two out');
  return calendar('days', count, 7, options);
}

/** Windows of `count` months. */
export function calendarMonths(count: number, options: CalendarOptions = {}): WindowFnDescriptor {
  return calendar('months', count, 1, options);
}

/** Windows of `count` years. */
export function calendarYears(count: number, options: CalendarOptions = {}): WindowFnDescriptor {
  return calendar('months', count, 12, options);
}

function calendar(
  unit: CalendarWindowsPayload['unit'],
  count: number,
  unitsEach: number,
  { timeZone = 'UTC', startDate = EPOCH }: CalendarOptions,
): WindowFnDescriptor {
  const most = Math.floor(MOST[unit] / unitsEach);
  if (!Number.isSafeInteger(count) || count < 1 || count > most)
    throw refuse(`a calendar window is ${count} long`, `a whole number from 1 to ${most}, which are 10,000 years`);
  checkTimeZone(timeZone);
  const { text } = parseStart(startDate);
  const payload = { unit, count: count * unitsEach, timeZone, start: text } satisfies CalendarWindowsPayload;
  return intervals(MILLRACE_WINDOW_FN.calendar, payload, true);
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    if (typeof timeZone === 'string') return;
  } catch {
    // Told below.
  }
  throw refuse(`'${String(timeZone)}' is no time zone`, "an IANA name such as 'UTC', 'Europe/Paris' or 'Asia/Kolkata'");
}

/** The last such day up to the start of 1970. */
function firstBefore(firstDay: Weekday = 'monday'): string {
  const back = (new Date(0).getUTCDay() - WEEKDAYS.indexOf(firstDay) + 7) % 7;
  return new Date(-back * DAY_MS).toISOString().slice(0, 10);
}

/** A date or a date and a time, as a plan holds it, and its day at midnight in UTC. */
function parseStart(given: string): { readonly text: string; readonly dayMs: number } {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?))?$/.exec(String(given));
  const dayMs = match === null ? Number.NaN : Date.parse(`${match[1]}T00:00:00Z`);
  // Some days that no month has would be taken for days of the next one.
  if (match === null || Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== match[1])
    throw refuse(`'${String(given)}' is no date`, "a date as '2024-01-31', or with a time, '2024-01-31T06:00'");
  return { text: `${match[1]}T${match[2] ?? '00:00'}`, dayMs };
}

function refuse(summary: string, hint: string) {
  return planError(PLAN_ERROR.windowing, summary, { hint });
}
