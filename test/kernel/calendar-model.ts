import type { CalendarWindowsPayload } from 'millrace';

/*
 * Calendar windows the slow way: what a zone's clock shows comes from Intl, dates are counted one by one, and a window is
 * found by trying them in order. Only for instants that Date reaches.
 */
const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows at an instant, as the milliseconds that UTC would call so. */
export function clockAt(instant: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const second = Math.floor(instant / 1000) * 1000;
  const parts = Object.fromEntries(format.formatToParts(second).map(({ type, value }) => [type, value]));
  const year = parts.era?.startsWith('B') === true ? 1 - Number(parts.year) : Number(parts.year);
  const { month, day, hour, minute } = parts;
  const clock = utc(year, Number(month), Number(day), Number(hour), Number(minute)) + Number(parts.second) * 1000;
  return clock + (instant - second);
}

/** Date.UTC that takes the years up to 99 for what they are. */
function utc(year: number, month: number, day: number, hour: number, minute: number): number {
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute));
  return date.setUTCFullYear(year, month - 1, day);
}

/** When a clock shows this: at the first time of two; where it never does, as long after the gap as it lies inside. */
function instantOf(clock: number, timeZone: string): number {
  const before = clockAt(clock - 2 * DAY_MS, timeZone) - (clock - 2 * DAY_MS);
  const after = clockAt(clock + 2 * DAY_MS, timeZone) - (clock + 2 * DAY_MS);
  const found = [clock - before, clock - after].filter((instant) => clockAt(instant, timeZone) === clock);
  return found.length > 0 ? Math.min(...found) : clock - before;
}

/** The clock's time so many units after another; a month that lacks the day has its last one. */
function later(clock: number, unit: CalendarWindowsPayload['unit'], units: number): number {
  if (unit === 'days') return clock + units * DAY_MS;
  const date = new Date(clock);
  const timeOfDay = clock - Math.floor(clock / DAY_MS) * DAY_MS;
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + units;
  const year = Math.floor(months / 12);
  const month = months - year * 12;
  const days = new Date(utc(year, month + 2, 0, 0, 0)).getUTCDate();
  return utc(year, month + 1, Math.min(date.getUTCDate(), days), 0, 0) + timeOfDay;
}

/** The bounds of the window that holds an instant. */
export function slowCalendarWindow(instant: number, payload: CalendarWindowsPayload): readonly [number, number] {
  const { unit, count, timeZone, start } = payload;
  const first = Date.parse(`${start}Z`);
  const begin = (index: number): number => instantOf(later(first, unit, index * count), timeZone);
  const most = unit === 'days' ? DAY_MS : 31 * DAY_MS;
  // Two windows too early at least.
  let index = Math.floor((instant - first) / (count * most)) - 3;
  if (unit === 'months') index = Math.floor((instant - first) / (count * (instant < first ? 28 : 31) * DAY_MS)) - 3;
  while (begin(index + 1) <= instant) index++;
  return [begin(index), begin(index + 1)];
}
