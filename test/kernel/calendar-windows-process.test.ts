import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { slowCalendarWindow } from './calendar-model.js';

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
