import fc from 'fast-check';
import { type MetricResult, mergeMetrics, STRING_SET_LIMIT } from 'millrace';
import { describe, expect, it } from 'vitest';
import { metricsFromBeam, metricToBeam } from '#millrace/runners/beam/user-metrics.js';
import { MetricCells } from '#millrace/runners/kernel/index.js';

type Touch =
  | { readonly kind: 'counter'; readonly value: number }
  | { readonly kind: 'distribution'; readonly value: number }
  | { readonly kind: 'gauge'; readonly value: number }
  | { readonly kind: 'stringSet'; readonly value: string };

const touches = (value: fc.Arbitrary<number>): fc.Arbitrary<Touch[]> =>
  fc.array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom('counter' as const, 'distribution' as const, 'gauge' as const), value }),
      fc.record({ kind: fc.constant('stringSet' as const), value: fc.string({ unit: 'binary' }) }),
    ),
  );

/** Cells whose clock goes on by one with every touch. */
function touched(list: readonly Touch[], cells = new MetricCells(() => 0)): MetricCells {
  const metrics = cells.forStep('step');
  for (const touch of list) {
    if (touch.kind === 'counter') metrics.counter('m').inc(touch.value);
    else if (touch.kind === 'distribution') metrics.distribution('m').update(touch.value);
    else if (touch.kind === 'gauge') metrics.gauge('m').set(touch.value);
    else metrics.stringSet('m').add(touch.value);
  }
  return cells;
}

const byKind = (metrics: readonly MetricResult[]) =>
  [...metrics]
    .sort((a, b) => (a.kind < b.kind ? -1 : 1))
    .filter(({ kind, value }) => kind !== 'counter' || value !== 0);

describe('metrics', () => {
  const whole = fc.integer({ min: -1e6, max: 1e6 });

  it('are the same whether one task counts or several, in any parts', () => {
    fc.assert(
      fc.property(touches(whole), fc.nat(), (list, at) => {
        const cut = at % (list.length + 1);
        const parts = [touched(list.slice(0, cut)).results(), touched(list.slice(cut)).results()];
        expect(byKind(mergeMetrics(parts))).toEqual(byKind(touched(list).results()));
      }),
    );
  });

  it('are the same when each bundle reports what it added', () => {
    fc.assert(
      fc.property(touches(whole), touches(whole), (first, second) => {
        const cells = new MetricCells(() => 0);
        const taken = [touched(first, cells).take(), touched(second, cells).take()];
        expect(byKind(mergeMetrics(taken))).toEqual(byKind(touched([...first, ...second]).results()));
        expect(cells.take()).toEqual([]);
      }),
    );
  });

  it('come back from Beam as they were, whole numbers and others', () => {
    // Adding 0 makes 0 of -0, which has no form as a whole number.
    const any = fc.oneof(whole, fc.double({ noNaN: true })).map((value) => value + 0);
    fc.assert(
      fc.property(touches(any), (list) => {
        const metrics = touched(list).results();
        expect(byKind(metricsFromBeam(metrics.map((metric) => metricToBeam(metric, 't'))))).toEqual(byKind(metrics));
      }),
    );
  });

  it('have the bytes of Beam', () => {
    const at = { step: 's', name: 'n' };
    const bytes = (metric: MetricResult) => [...metricToBeam(metric, 't').payload];
    expect(bytes({ ...at, kind: 'counter', value: 300 })).toEqual([0xac, 2]);
    expect(bytes({ ...at, kind: 'distribution', value: { count: 2, sum: 300, min: 1, max: 299 } })).toEqual([
      2, 0xac, 2, 1, 0xab, 2,
    ]);
    expect(bytes({ ...at, kind: 'gauge', value: { value: 5, timestamp: 128 } })).toEqual([0x80, 1, 5]);
    expect(bytes({ ...at, kind: 'stringSet', value: ['a', 'bc'] })).toEqual([0, 0, 0, 2, 1, 97, 2, 98, 99]);
    const { urn, type, labels } = metricToBeam({ ...at, kind: 'gauge', value: { value: 5, timestamp: 1 } }, 't');
    expect({ urn, type, labels }).toEqual({
      urn: 'beam:metric:user:latest_int64:v1',
      type: 'beam:metrics:latest_int64:v1',
      labels: { PTRANSFORM: 't', NAMESPACE: 's', NAME: 'n' },
    });
  });

  it('read what an engine tells as committed beside what was attempted', () => {
    const info = (value: number) => metricToBeam({ kind: 'counter', step: 's', name: 'n', value }, 't');
    expect(metricsFromBeam([info(5), info(2)], [info(4)])).toEqual([
      { kind: 'counter', step: 's', name: 'n', value: 7, committed: 4 },
    ]);
    expect(metricsFromBeam([], [info(4)])).toMatchObject([{ value: 4, committed: 4 }]);
    expect(metricsFromBeam([info(4)])[0]).not.toHaveProperty('committed');
  });

  it('have committed what the last acknowledged barrier found', () => {
    const cells = new MetricCells(() => 7);
    const touchAll = (n: number) =>
      touched(
        [
          { kind: 'counter', value: n },
          { kind: 'distribution', value: n },
          { kind: 'gauge', value: n },
          { kind: 'stringSet', value: `${n}` },
        ],
        cells,
      );
    const committed = () => byKind(cells.results()).map((metric) => metric.committed);
    touchAll(1);
    expect(committed()).toEqual([undefined, undefined, undefined, undefined]);
    cells.mark(1);
    touchAll(2);
    expect(committed()).toEqual([undefined, undefined, undefined, undefined]);
    cells.mark(2);
    // The second epoch is held still.
    cells.commit(1);
    touchAll(3);
    const first = [1, { sum: 1, count: 1, min: 1, max: 1 }, { value: 1, timestamp: 7 }, ['1']];
    expect(committed()).toEqual(first);
    cells.mark(3);
    expect(committed()).toEqual(first);
    cells.commit(3);
    expect(committed()[0]).toBe(6);
    expect(byKind(cells.results()).map(({ value }) => value)[1]).toEqual({ sum: 6, count: 3, min: 1, max: 3 });
  });

  it('take the gauge that was set last, whatever the order of the tasks', () => {
    const gauge = (value: number, timestamp: number): MetricResult[] => [
      { kind: 'gauge', step: 's', name: 'n', value: { value, timestamp } },
    ];
    for (const lists of [
      [gauge(1, 5), gauge(2, 3)],
      [gauge(2, 3), gauge(1, 5)],
    ])
      expect(mergeMetrics(lists)).toEqual(gauge(1, 5));
  });

  it('leave out of a string set what does not fit', () => {
    const metrics = new MetricCells(() => 0);
    const set = metrics.forStep('s').stringSet('n');
    const long = 'x'.repeat(STRING_SET_LIMIT - 2);
    set.add(long, 'abc', 'ab', 'c');
    expect(metrics.results()).toMatchObject([{ value: ['ab', long] }]);
  });
});
