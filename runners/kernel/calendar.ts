import { Temporal } from 'temporal-polyfill';
import { type CalendarWindowsPayload, IntervalWindow, type Timestamp } from '../../sdk/model/index.js';

/*
 * Loaded only where calendar windows are: the kernel reaches this file by `import()`.
 *
 * A window begins at a time of the zone's clock, a whole number of windows away from the start. A time that the clock
 * leaves out is taken as long after the gap as it stands behind the gap's beginning; of one that it shows twice the first
 * is meant (Temporal's `compatible`, as in RFC 5545).
 */
const DAY_MS = 86_400_000;
/** The Gregorian calendar repeats itself, days of the week included, every 400 years. */
const CYCLE_DAYS = 146_097;
const CYCLE_MS = CYCLE_DAYS * DAY_MS;
const CYCLE_MONTHS = 4_800;
/** Temporal's instants reach ±8.64e15; of one that is further away the clock is that of the nearest time whole cycles from it. */
const FAR = 8e15;

/** Timestamp → the calendar window that holds it. */
export function calendarWindowOf(payload: CalendarWindowsPayload): (timestamp: Timestamp) => IntervalWindow {
  const { unit, count, timeZone } = payload;
  const first = Temporal.PlainDateTime.from(payload.start);
  const firstDay = dayNumber(first);
  const cycleUnits = unit === 'days' ? CYCLE_DAYS : CYCLE_MONTHS;

  const startOf = (units: number): Timestamp =>
    first.add(unit === 'days' ? { days: units } : { months: units }).toZonedDateTime(timeZone).epochMilliseconds;
  /** How many units the day of an instant is away from the first one, or one or two less or more. */
  const unitsTo = (near: Timestamp): number => {
    const local = Temporal.Instant.fromEpochMilliseconds(near).toZonedDateTimeISO(timeZone);
    if (unit === 'days') return dayNumber(local) - firstDay;
    return (local.year - first.year) * 12 + local.month - first.month;
  };

  return (timestamp) => {
    const beyond = Math.ceil((Math.abs(timestamp) - FAR) / CYCLE_MS);
    const cycles = Math.max(0, beyond) * Math.sign(timestamp);
    const shift = cycles * CYCLE_MS;
    // Cycles need not be whole windows.
    const phase = (((-cycleUnits * cycles) % count) + count) % count;
    const near = Math.floor(timestamp - shift);
    let index = Math.floor((unitsTo(near) - phase) / count);
    let start = startOf(index * count + phase);
    while (start > near) start = startOf(--index * count + phase);
    let end = startOf((index + 1) * count + phase);
    // A day that the zone never had is no window.
    while (end <= near) {
      start = end;
      end = startOf((++index + 1) * count + phase);
    }
    return new IntervalWindow(start + shift, end + shift);
  };
}

function dayNumber({
  year,
  month,
  day,
}: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}): number {
  return Date.UTC(2000 + (year % 400), month - 1, day) / DAY_MS + (Math.trunc(year / 400) - 5) * CYCLE_DAYS;
}
