import {
  type CalendarWindowsPayload,
  calendarDays,
  calendarMonths,
  calendarWeeks,
  calendarYears,
  type WindowFnDescriptor,
} from 'millrace';
import { beforeAll, describe, expect, it } from 'vitest';
import { windowAssigner } from '#millrace/runners/kernel/index.js';
import { assigner, at, bounds, DAY, loadCalendars } from './calendar-assigner.js';

beforeAll(loadCalendars);

describe('calendar windows', () => {
  const iso = (windowFn: WindowFnDescriptor, instant: string): string =>
    bounds(windowAssigner(windowFn.spec).assign(at(instant)))
      .map((bound) => new Date(bound).toISOString().replace(/:00\.000Z$/, 'Z'))
      .join(' ');

  it.each<[string, WindowFnDescriptor, string, string]>([
    ['a day in UTC', calendarDays(1), '2024-02-29T23:59:59.999Z', '2024-02-29T00:00Z 2024-03-01T00:00Z'],
    ['a day before 1970', calendarDays(1), '1969-12-31T23:59:59.999Z', '1969-12-31T00:00Z 1970-01-01T00:00Z'],
    ['three days before 1970', calendarDays(3), '1969-12-28T12:00Z', '1969-12-26T00:00Z 1969-12-29T00:00Z'],
    [
      'a day that begins at six',
      calendarDays(1, { startDate: '1970-01-01T06:00' }),
      '2024-05-05T05:00Z',
      '2024-05-04T06:00Z 2024-05-05T06:00Z',
    ],
    [
      'a day of 23 hours',
      calendarDays(1, { timeZone: 'Europe/Paris' }),
      '2024-03-31T12:00Z',
      '2024-03-30T23:00Z 2024-03-31T22:00Z',
    ],
    [
      'a day of 25 hours',
      calendarDays(1, { timeZone: 'Europe/Paris' }),
      '2024-10-27T12:00Z',
      '2024-10-26T22:00Z 2024-10-27T23:00Z',
    ],
    [
      'a day that has no midnight',
      calendarDays(1, { timeZone: 'America/Sao_Paulo' }),
      '2018-11-04T12:00Z',
      '2018-11-04T03:00Z 2018-11-05T02:00Z',
    ],
    [
      'the day after one that there never was',
      calendarDays(1, { timeZone: 'Pacific/Apia' }),
      '2011-12-30T10:00Z',
      '2011-12-30T10:00Z 2011-12-31T10:00Z',
    ],
    [
      'the day before it',
      calendarDays(1, { timeZone: 'Pacific/Apia' }),
      '2011-12-30T09:59:59Z',
      '2011-12-29T10:00Z 2011-12-30T10:00Z',
    ],
    ['a week from Monday', calendarWeeks(1), '2024-05-05T12:00Z', '2024-04-29T00:00Z 2024-05-06T00:00Z'],
    [
      'a week from Sunday',
      calendarWeeks(1, { firstDay: 'sunday' }),
      '2024-05-05T12:00Z',
      '2024-05-05T00:00Z 2024-05-12T00:00Z',
    ],
    [
      'a week from Thursday',
      calendarWeeks(1, { firstDay: 'thursday' }),
      '1970-01-01T00:00Z',
      '1970-01-01T00:00Z 1970-01-08T00:00Z',
    ],
    [
      'a fortnight',
      calendarWeeks(2, { startDate: '2024-01-03' }),
      '2024-01-02T00:00Z',
      '2023-12-20T00:00Z 2024-01-03T00:00Z',
    ],
    [
      'a month of a leap year',
      calendarMonths(1, { timeZone: 'Asia/Kolkata' }),
      '2024-02-10T00:00Z',
      '2024-01-31T18:30Z 2024-02-29T18:30Z',
    ],
    [
      'a month from the 31st',
      calendarMonths(1, { startDate: '2024-01-31' }),
      '2024-03-30T00:00Z',
      '2024-02-29T00:00Z 2024-03-31T00:00Z',
    ],
    ['a quarter', calendarMonths(3), '1968-05-05T00:00Z', '1968-04-01T00:00Z 1968-07-01T00:00Z'],
    [
      'a year',
      calendarYears(1, { timeZone: 'America/New_York' }),
      '2024-12-31T12:00Z',
      '2024-01-01T05:00Z 2025-01-01T05:00Z',
    ],
    [
      'a year from April',
      calendarYears(1, { startDate: '1970-04-01' }),
      '2024-03-31T12:00Z',
      '2023-04-01T00:00Z 2024-04-01T00:00Z',
    ],
    [
      'a century',
      calendarYears(100, { startDate: '2001-01-01' }),
      '1812-01-01T00:00Z',
      '1801-01-01T00:00Z 1901-01-01T00:00Z',
    ],
  ])('are right of %s', (_what, windowFn, instant, expected) => {
    expect(iso(windowFn, instant)).toBe(expected);
  });

  it('go on beyond what Date reaches as they were before', () => {
    // 30,000 cycles of the calendar are no whole number of windows.
    const payload: CalendarWindowsPayload = { unit: 'months', count: 7, timeZone: 'UTC', start: '1970-01-01T00:00' };
    const cycle = 146_097 * DAY;
    const months = (start: number, far: number): number => {
      const near = new Date(start - far * cycle);
      return near.getUTCFullYear() * 12 + near.getUTCMonth() + far * 4_800;
    };
    for (const far of [700, -700]) {
      const [start] = bounds(assigner(payload).assign(far * cycle + DAY));
      expect((months(start, far) - 1970 * 12) % 7).toBe(far < 0 ? -0 : 0);
    }
  });

  it('are the same objects for neighbours, whatever the order', () => {
    const windows = assigner({ unit: 'days', count: 1, timeZone: 'Europe/Berlin', start: '1970-01-01T00:00' });
    const first = windows.assign(at('2024-05-05T12:00Z'));
    windows.assign(at('2024-05-07T12:00Z'));
    expect(windows.assign(at('2024-05-05T13:00Z'))).toBe(first);
    const many = Array.from({ length: 5_000 }, (_, day) => windows.assign(day * DAY));
    expect(new Set(many).size).toBe(5_000);
    expect(bounds(windows.assign(at('2024-05-05T12:00Z')))).toEqual(bounds(first));
  });
});
