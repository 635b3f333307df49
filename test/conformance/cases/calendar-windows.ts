import { calendarDays, calendarMonths, calendarWeeks, calendarYears, type WindowFnDescriptor } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, type Stamped, stamped } from '../shapes/stamped.js';

const at = (text: string): number => Date.parse(text);

/** The words of each window, as `words start end` in UTC. */
function byCalendar(windowFn: WindowFnDescriptor, words: readonly Stamped[], expected: readonly string[]) {
  return conformanceCase(
    (p) => {
      const found = grouped(stamped(p, ...words).windowInto(windowFn)).map('Dates', (text) => {
        const [, sorted, start, end] = /^(.*)@.*\[(.*),(.*)\)$/.exec(text)!;
        const date = (bound: string): string => new Date(Number(bound)).toISOString().slice(0, 16);
        return `${sorted} ${date(start!)} ${date(end!)}`;
      });
      PAssert.that(found).containsInAnyOrder(expected);
    },
    { requires: ['calendarWindows'] },
  );
}

export const calendarDaysInUtc = byCalendar(
  calendarDays(1),
  [
    ['a', at('2024-02-29T00:00Z')],
    ['b', at('2024-02-29T23:59:59.999Z')],
    ['c', at('1969-12-31T12:00Z')],
    ['d', -1],
  ],
  ['a+b 2024-02-29T00:00 2024-03-01T00:00', 'c+d 1969-12-31T00:00 1970-01-01T00:00'],
);

export const calendarDaysOf23And25Hours = byCalendar(
  calendarDays(1, { timeZone: 'America/New_York' }),
  [
    ['a', at('2024-03-10T05:00Z')],
    ['b', at('2024-03-11T03:59Z')],
    ['c', at('2024-03-11T04:00Z')],
    ['d', at('2024-11-04T04:59Z')],
  ],
  [
    'a+b 2024-03-10T05:00 2024-03-11T04:00',
    'c 2024-03-11T04:00 2024-03-12T04:00',
    'd 2024-11-03T04:00 2024-11-04T05:00',
  ],
);

export const calendarDaysFromAnHour = byCalendar(
  calendarDays(1, { timeZone: 'Asia/Kolkata', startDate: '2024-01-01T06:00' }),
  [
    ['a', at('2024-05-05T00:29Z')],
    ['b', at('2024-05-05T00:30Z')],
  ],
  ['a 2024-05-04T00:30 2024-05-05T00:30', 'b 2024-05-05T00:30 2024-05-06T00:30'],
);

export const calendarWeeksFromSunday = byCalendar(
  calendarWeeks(1, { firstDay: 'sunday', timeZone: 'Europe/Paris' }),
  [
    ['a', at('2024-03-30T22:59Z')],
    ['b', at('2024-03-30T23:00Z')],
    ['c', at('2024-04-06T21:59Z')],
  ],
  ['a 2024-03-23T23:00 2024-03-30T23:00', 'b+c 2024-03-30T23:00 2024-04-06T22:00'],
);

export const calendarMonthsOfUnequalLength = byCalendar(
  calendarMonths(1),
  [
    ['a', at('2024-02-01T00:00Z')],
    ['b', at('2024-02-29T23:00Z')],
    ['c', at('2024-03-31T23:00Z')],
  ],
  ['a+b 2024-02-01T00:00 2024-03-01T00:00', 'c 2024-03-01T00:00 2024-04-01T00:00'],
);

export const calendarYearsFromApril = byCalendar(
  calendarYears(1, { startDate: '2000-04-01', timeZone: 'Pacific/Auckland' }),
  [
    ['a', at('2024-03-31T10:59Z')],
    ['b', at('2024-03-31T11:00Z')],
    ['c', at('1999-04-01T00:00Z')],
  ],
  ['a 2023-03-31T11:00 2024-03-31T11:00', 'b 2024-03-31T11:00 2025-03-31T11:00', 'c 1999-03-31T12:00 2000-03-31T12:00'],
);

export const calendarDaysCombinedThenMonths = conformanceCase(
  (p) => {
    const perDay = stamped(
      p,
      ['a', at('2024-02-28T01:00Z')],
      ['b', at('2024-02-28T02:00Z')],
      ['c', at('2024-02-29T03:00Z')],
    )
      .windowInto('Day', calendarDays(1))
      .map('One', () => 'x')
      .countPerElement('Per day');
    const perMonth = perDay.map('Counts', ({ value }) => String(value)).windowInto('Month', calendarMonths(1));
    const end = at('2024-03-01T00:00Z');
    PAssert.that(grouped(perMonth)).containsInAnyOrder([`1+2@${end - 1}[${at('2024-02-01T00:00Z')},${end})`]);
  },
  { requires: ['calendarWindows'] },
);

export const calendarDaysOfTheLeastTimestamp = conformanceCase(
  (p) => {
    const words = p
      .create('Words', ['a', 'b'])
      .windowInto(calendarDays(1, { timeZone: 'Europe/Paris' }))
      .map('Key', (word) => ({ key: 'k', value: word }))
      .groupByKey();
    PAssert.that(words.map(({ value }) => [...value].sort().join())).containsInAnyOrder(['a,b']);
  },
  { requires: ['calendarWindows'] },
);
