import { fixedWindows, valueState } from 'millrace';
import { describe, expect, test } from 'vitest';
import { StatefulHost, values } from './stateful-host.js';

describe('input in order of time', () => {
  const declared = { state: { seen: valueState<string>() }, requiresTimeSortedInput: true } as const;
  const host = (lateness: number): StatefulHost =>
    new StatefulHost(
      (input) =>
        input.parDo<string, typeof declared>(
          'Sorted',
          () => ({
            process({ key, value }, { state, output }) {
              const seen = `${state.seen.read() ?? `${key}:`}${value}`;
              state.seen.write(seen);
              output(seen);
            },
          }),
          declared,
        ),
      (input) => input.windowInto(fixedWindows(1_000), { allowedLateness: lateness }),
    );

  test('waits until the watermark has passed, and holds it back until then', () => {
    const sorted = host(0);
    sorted.watermark(0);
    for (const at of [30, 10, 20]) sorted.process('k', `-${at}`, at);
    sorted.watermark(20);
    expect(values(sorted)).toEqual(['k:-10']);
    expect(sorted.outputWatermark).toBe(20);
    sorted.watermark(21);
    expect(values(sorted)).toEqual(['k:-10-20']);
    sorted.watermark(500);
    expect(values(sorted)).toEqual(['k:-10-20-30']);
    expect(sorted.outputWatermark).toBe(500);
  });

  test('keeps the order in which elements of one instant came', () => {
    const sorted = host(0);
    for (const n of [1, 2, 3, 4]) sorted.process('k', n, 10);
    sorted.watermark(11);
    expect(values(sorted).at(-1)).toBe('k:1234');
  });

  test('drops and counts what comes after its time', () => {
    const sorted = host(0);
    sorted.watermark(20);
    sorted.process('k', 1, 19);
    sorted.process('k', 2, 20);
    sorted.watermark(21);
    expect(values(sorted)).toEqual(['k:2']);
    expect(sorted.dropped()).toBe(1);
  });

  test('waits for the allowed lateness too', () => {
    const sorted = host(5);
    sorted.watermark(20);
    sorted.process('k', 2, 18);
    sorted.process('k', 1, 15);
    sorted.process('k', 0, 14);
    expect(values(sorted)).toEqual([]);
    expect(sorted.outputWatermark).toBe(15);
    sorted.watermark(24);
    expect(values(sorted)).toEqual(['k:1', 'k:12']);
    expect(sorted.dropped()).toBe(1);
  });

  test.each([1, 2, 3])('what waits is restored into %i owners', async (owners) => {
    const sorted = host(0);
    sorted.watermark(0);
    for (const key of ['a', 'b', 'c', 'd']) for (const at of [30, 10, 20]) sorted.process(key, `-${at}`, at);
    sorted.watermark(11);
    values(sorted);
    await sorted.restore(owners);
    sorted.watermark(11);
    expect(sorted.outputWatermark).toBe(11);
    sorted.watermark(100);
    const last = values(sorted).filter((text) => String(text).endsWith('-30'));
    expect(last.sort()).toEqual(['a', 'b', 'c', 'd'].map((key) => `${key}:-10-20-30`));
  });
});
