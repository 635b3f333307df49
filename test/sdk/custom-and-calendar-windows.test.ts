import {
  BEAM_CODER,
  calendarDays,
  calendarMonths,
  calendarWeeks,
  calendarYears,
  customWindows,
  flatten,
  IntervalWindow,
  MILLRACE_CODER,
  MILLRACE_WINDOW_FN,
  type WindowFn,
  type WindowFnDescriptor,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { windowingFromBeam, windowingToBeam } from '#millrace/runners/beam/windowing.js';
import { validatePlan } from '#millrace/sdk/model/validate-plan.js';
import { errorOf, planOf, step, windowingOf } from './build.js';

function windowed(windowFn: WindowFnDescriptor<{ key: string; value: number }>) {
  const plan = planOf((p) => {
    p.create([{ key: 'a', value: 1 }])
      .windowInto('window', windowFn)
      .groupByKey('group');
  });
  return { window: windowingOf(plan, 'window'), group: windowingOf(plan, 'group'), plan };
}

describe('custom windows', () => {
  class Mine implements WindowFn<{ readonly value: number }> {
    assign({ value }: { readonly value: number }): IntervalWindow {
      return new IntervalWindow(value, value + 1);
    }
  }

  it('are referred to by the step that first uses them', () => {
    const mine = customWindows(() => new Mine());
    const plan = planOf((p) => {
      const pairs = (name: string) => p.create(name, [{ key: 'a', value: 1 }]);
      flatten('both', [pairs('a').windowInto('mine', mine), pairs('b').windowInto('mine again', mine)]).groupByKey();
    });
    const { windowFn, ...rest } = windowingOf(plan, 'mine');
    expect(windowFn).toMatchObject({
      urn: MILLRACE_WINDOW_FN.custom,
      payload: { fn: { step: 'mine', slot: 'windowFn' } },
    });
    expect(rest).toMatchObject({
      mergeStatus: 'NON_MERGING',
      assignsToOneWindow: false,
      windowCoderId: 'interval_window',
    });
    expect(step(plan, 'mine again').spec?.payload).toEqual({ windowFn });
    expect(windowingOf(plan, 'mine again')).toEqual(windowingOf(plan, 'both'));
    expect(step(plan, 'mine').environmentId).toBe('node');
  });

  it('that merge, or are more than intervals, say so in the plan', () => {
    const fn = (): WindowFn<unknown> => ({
      assign: () => ({ start: 0, end: 1, maxTimestamp: 0, id: 'x' }),
      merge: () => [],
      ownWindows: true,
      assignsToOneWindow: true,
    });
    const { window, group, plan } = windowed(customWindows(fn));
    expect(window).toMatchObject({ mergeStatus: 'NEEDS_MERGE', assignsToOneWindow: true });
    expect(group.mergeStatus).toBe('ALREADY_MERGED');
    expect(plan.components.coders[window.windowCoderId]).toEqual({
      spec: { urn: BEAM_CODER.customWindow },
      componentCoderIds: ['window'],
    });
    expect(plan.components.coders.window).toEqual({ spec: { urn: MILLRACE_CODER.window } });
  });

  it('of two functions cannot be flattened', () => {
    const error = errorOf(() =>
      planOf((p) => {
        const into = () => customWindows(() => new Mine());
        const pairs = (name: string) => p.create(name, [{ key: 'a', value: 1 }]);
        flatten([pairs('a').windowInto('first', into()), pairs('b').windowInto('second', into())]);
      }),
    );
    expect(error.code).toBe('PLAN_WINDOWING');
  });

  it('need a factory of a window function', () => {
    for (const wrong of [new Mine(), () => ({}), () => undefined, undefined]) {
      const error = errorOf(() => customWindows(wrong as unknown as () => WindowFn<unknown>));
      expect(error.code).toBe('PLAN_WINDOWING');
      expect(error.hint).toContain('customWindows(() => new');
    }
  });

  it('and the way back from Beam are the same', () => {
    const { window } = windowed(customWindows(() => new Mine()));
    expect(windowingFromBeam(windowingToBeam(window))).toEqual(window);
  });
});

describe('calendar windows', () => {
  const payload = (windowFn: WindowFnDescriptor) => windowFn.spec.payload;

  it('are data that can be read', () => {
    expect(calendarDays(1).spec).toEqual({
      urn: MILLRACE_WINDOW_FN.calendar,
      payload: { unit: 'days', count: 1, timeZone: 'UTC', start: '1970-01-01T00:00' },
    });
    expect(payload(calendarWeeks(2))).toEqual({ unit: 'days', count: 14, timeZone: 'UTC', start: '1969-12-29T00:00' });
    expect(payload(calendarWeeks(1, { firstDay: 'thursday' }))).toMatchObject({ start: '1970-01-01T00:00' });
    expect(payload(calendarWeeks(1, { firstDay: 'friday' }))).toMatchObject({ start: '1969-12-26T00:00' });
    expect(payload(calendarWeeks(1, { firstDay: 'friday', startDate: '2024-05-03' }))).toMatchObject({
      start: '2024-05-03T00:00',
    });
    expect(payload(calendarMonths(3, { timeZone: 'Europe/Paris' }))).toMatchObject({ unit: 'months', count: 3 });
    expect(payload(calendarYears(1, { startDate: '2024-04-06T12:30' }))).toEqual({
      unit: 'months',
      count: 12,
      timeZone: 'UTC',
      start: '2024-04-06T12:30',
    });
  });

  const problems = (plan: unknown): (string | undefined)[] => {
    const { problems: found = [] } = validatePlan(plan);
    return found.map(({ path }) => path.split('.').at(-1));
  };

  it('stand in a plan that is valid, and come back from Beam', () => {
    const { window, plan } = windowed(calendarDays(1, { timeZone: 'Asia/Kolkata' }));
    expect(problems(plan)).toEqual([]);
    expect(window).toMatchObject({ windowCoderId: 'interval_window', assignsToOneWindow: true });
    expect(windowingFromBeam(windowingToBeam(window))).toEqual(window);
    const broken: unknown = JSON.parse(
      JSON.stringify(plan).replaceAll('"days"', '"hours"').replaceAll('"1970-01-01T00:00"', '"1970"'),
    );
    expect(problems(broken)).toEqual(expect.arrayContaining(['unit', 'start']));
  });

  it.each<[string, () => WindowFnDescriptor]>([
    ['no length', () => calendarDays(0)],
    ['half a day', () => calendarDays(0.5)],
    ['a million years', () => calendarYears(1_000_000)],
    ['too many weeks', () => calendarWeeks(521_776)],
    ['no zone', () => calendarDays(1, { timeZone: 'Mars/Olympus' })],
    ['a zone that is no text', () => calendarDays(1, { timeZone: 1 as unknown as string })],
    ['a day that no month has', () => calendarDays(1, { startDate: '2024-02-30' })],
    ['a date with a zone', () => calendarDays(1, { startDate: '2024-02-20T00:00Z' })],
    ['an hour that no day has', () => calendarMonths(1, { startDate: '2024-02-20T24:00' })],
    ['no date', () => calendarMonths(1, { startDate: 'yesterday' })],
    ['no day of the week', () => calendarWeeks(1, { firstDay: 'Monday' as 'monday' })],
    ['two first days', () => calendarWeeks(1, { firstDay: 'monday', startDate: '2024-05-05' })],
  ])('cannot have %s', (_what, make) => {
    const error = errorOf(make);
    expect(error.code).toBe('PLAN_WINDOWING');
    expect(error.hint).toMatch(/\w+ \w+/);
  });
});
