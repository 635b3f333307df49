import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import {
  type CalendarWindowsPayload,
  calendarDays,
  calendarMonths,
  calendarWeeks,
  calendarYears,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  type IntervalWindow,
  MIN_TIMESTAMP,
  type WindowFnDescriptor,
} from 'millrace';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadWindowFns, windowAssigner } from '#millrace/runners/kernel/index.js';
import { planOf, windowingOf } from '../sdk/build.js';
import { clockAt, slowCalendarWindow } from './calendar-model.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const assigner = (payload: CalendarWindowsPayload) =>
  windowAssigner({ urn: 'millrace:window_fn:calendar:v1', payload: { ...payload } });
const bounds = (window: unknown): readonly [number, number] => {
  const { start, end } = window as IntervalWindow;
  return [start, end];
};
const at = (text: string): number => Date.parse(text);

const strategy = windowingOf(
  planOf((p) => void p.create([1]).windowInto('days', calendarDays(1))),
  'days',
);

beforeAll(() => loadWindowFns({ windowingStrategies: { strategy } }));

/** With and without summer time, with halves of hours, whole days left out, and changes at midnight. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Amman',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Auckland',
];

/** Instants at which the clock of the zone was changed, of a century. */
const changes = new Map<string, readonly number[]>();
function changesOf(timeZone: string): readonly number[] {
  let known = changes.get(timeZone);
  if (known === undefined) {
    const found: number[] = [];
    const offset = (instant: number): number => clockAt(instant, timeZone) - instant;
    for (let low = at('1930-01-01T00:00Z'); low < at('2030-01-01T00:00Z'); low += 30 * DAY) {
      let from = low;
      let to = low + 30 * DAY;
      if (offset(from) === offset(to)) continue;
      while (to - from > 1000) {
        const middle = Math.floor((from + to) / 2000) * 1000;
        if (offset(middle) === offset(from)) from = middle;
        else to = middle;
      }
      found.push(to);
    }
    known = found;
    changes.set(timeZone, known);
  }
  return known;
}

const payloads = fc.record({
  unit: fc.constantFrom('days' as const, 'months' as const),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
  timeZone: fc.constantFrom(...ZONES),
  start: fc.oneof(
    fc.constant('1970-01-01T00:00'),
    fc.constantFrom('2024-01-31T00:00', '2000-02-29T06:30', '1969-12-29T00:00', '2011-12-30T02:30', '1901-05-31T23:59'),
  ),
});

const instants = (timeZone: string): fc.Arbitrary<number> => {
  const known = changesOf(timeZone);
  const anywhere = fc.integer({ min: at('1890-01-01T00:00Z'), max: at('2060-01-01T00:00Z') });
  if (known.length === 0) return anywhere;
  const near = fc
    .tuple(
      fc.constantFrom(...known),
      fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2 * DAY, max: 2 * DAY })),
    )
    .map(([change, away]) => change + away);
  return fc.oneof(anywhere, near);
};

/** What code prints that is run in a process of its own, where nothing has been loaded yet. */
function printedBy(code: string, env: NodeJS.ProcessEnv = {}): string {
  const kernel = new URL('../../dist/runners/kernel/index.js', import.meta.url).href;
  const imported = `const { loadWindowFns, windowAssigner } = await import(${JSON.stringify(kernel)});`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', imported + code], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}

describe('calendar windows', () => {
  it('are those that Intl and counting find', () => {
    fc.assert(
      fc.property(
        payloads.chain((payload) =>
          fc.tuple(fc.constant(payload), fc.array(instants(payload.timeZone), { minLength: 1, maxLength: 4 })),
        ),
        ([payload, timestamps]) => {
          const windows = assigner(payload);
          for (const timestamp of timestamps)
            expect(bounds(windows.assign(timestamp))).toEqual(slowCalendarWindow(timestamp, payload));
        },
      ),
      { seed: 1605, numRuns: 150 },
    );
  });

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

  it('lie side by side, far beyond what Date reaches too', () => {
    const anywhere = fc.oneof(
      fc.constantFrom(MIN_TIMESTAMP, GLOBAL_WINDOW_MAX_TIMESTAMP - 1e14, 8e15, -8e15, 8e15 + DAY, -8e15 - DAY),
      fc.integer({ min: Number.MIN_SAFE_INTEGER, max: 9e15 }),
    );
    fc.assert(
      fc.property(payloads, anywhere, (payload, timestamp) => {
        const windows = assigner(payload);
        const [start, end] = bounds(windows.assign(timestamp));
        expect(start <= timestamp && timestamp < end).toBe(true);
        expect(bounds(windows.assign(end))[0]).toBe(end);
        expect(bounds(windows.assign(start - 1000))[1]).toBe(start);
        expect(bounds(windows.assign(timestamp))).toEqual([start, end]);
      }),
      { seed: 7, numRuns: 200 },
    );
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

  it.each(['UTC', 'Pacific/Auckland', 'America/St_Johns'])('do not depend on the zone of the machine: %s', (TZ) => {
    const code = `
      const windowFn = { urn: 'millrace:window_fn:calendar:v1' };
      await loadWindowFns({ windowingStrategies: { calendar: { windowFn } } });
      const found = [];
      for (const timeZone of ['UTC', 'Europe/Berlin', 'Pacific/Apia'])
        for (const unit of ['days', 'months']) {
          const payload = { unit, count: 1, timeZone, start: '1970-01-01T00:00' };
          const windows = windowAssigner({ urn: 'millrace:window_fn:calendar:v1', payload });
          for (const t of [-1, 0, 1711843200000, 1729987200000, 1325203200000]) found.push(windows.assign(t).start, windows.assign(t).end);
        }
      console.log(JSON.stringify({ zone: new Date(0).getTimezoneOffset(), found }));`;
    const printed = printedBy(code, { TZ });
    const { zone, found } = JSON.parse(printed) as { zone: number; found: number[] };
    expect(zone === 0).toBe(TZ === 'UTC');
    const expected: number[] = [];
    for (const timeZone of ['UTC', 'Europe/Berlin', 'Pacific/Apia'])
      for (const unit of ['days', 'months'] as const)
        for (const instant of [-1, 0, 1711843200000, 1729987200000, 1325203200000])
          expected.push(...slowCalendarWindow(instant, { unit, count: 1, timeZone, start: '1970-01-01T00:00' }));
    expect(found).toEqual(expected);
  });

  it('load their library only where a plan has some', () => {
    const code = `
      const load = (urn) => loadWindowFns({ windowingStrategies: { a: { windowFn: { urn } } } });
      const payload = { unit: 'days', count: 1, timeZone: 'UTC', start: '1970-01-01T00:00' };
      const windows = windowAssigner({ urn: 'millrace:window_fn:calendar:v1', payload });
      await load('beam:window_fn:fixed_windows:v1');
      try { windows.assign(0); console.log('loaded'); } catch (error) { console.log(error.message); }
      await load('millrace:window_fn:calendar:v1');
      console.log(windows.assign(0).end);`;
    expect(printedBy(code)).toBe('loadWindowFns was not awaited\n86400000\n');
  });
});
