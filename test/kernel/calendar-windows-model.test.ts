import fc from 'fast-check';
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MIN_TIMESTAMP } from 'millrace';
import { beforeAll, describe, expect, it } from 'vitest';
import { assigner, at, bounds, DAY, loadCalendars } from './calendar-assigner.js';
import { clockAt, slowCalendarWindow } from './calendar-model.js';

beforeAll(loadCalendars);

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
});
