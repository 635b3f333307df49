import type { Counter, Distribution, DoFn, DoFnContext, FinishBundleContext, Pipeline, ProcessContext } from 'millrace';
import { GlobalWindow, outputTag } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6];

/** Numbers through a DoFn that counts in its own way, all of which come out again. */
function counting(p: Pipeline, count: (element: number, context: ProcessContext<number>) => void): void {
  const counted = p.create('Numbers', NUMBERS).parDo('Count', () => ({
    process(element: number, context: ProcessContext<number>): void {
      count(element, context);
      context.output(element);
    },
  }));
  PAssert.that(counted).containsInAnyOrder(NUMBERS);
}

export const counterByDefaultCountsOnes = conformanceCase(
  (p) => counting(p, (_, { metrics }) => metrics.counter('ones').inc()),
  { counters: { 'Count#ones': 8 } },
);

export const counterThatGoesDown = conformanceCase(
  (p) => counting(p, (element, { metrics }) => metrics.counter('balance').inc(element % 2 === 0 ? element : -element)),
  { counters: { 'Count#balance': 12 - 19 } },
);

export const countersOfManyNames = conformanceCase(
  (p) => counting(p, (element, { metrics }) => metrics.counter(`seen ${element}`).inc()),
  { counters: { 'Count#seen 1': 2, 'Count#seen 9': 1 } },
);

export const countersOfEqualNameInTwoSteps = conformanceCase(
  (p) => {
    const count = () => ({
      process(element: number, context: ProcessContext<number>): void {
        context.metrics.counter('sum').inc(element);
        context.output(element * 2);
      },
    });
    PAssert.that(p.create('Numbers', [1, 2, 3]).parDo('First', count).parDo('Second', count)).containsInAnyOrder([
      4, 8, 12,
    ]);
  },
  { counters: { 'First#sum': 6, 'Second#sum': 12 } },
);

export const distributionOfValues = conformanceCase(
  (p) => counting(p, (element, { metrics }) => metrics.distribution('values').update(element)),
  { metrics: { 'Count#values': { sum: 31, count: 8, min: 1, max: 9 } } },
);

export const distributionOfNegativeValues = conformanceCase(
  (p) => counting(p, (element, { metrics }) => metrics.distribution('values').update(-element)),
  { metrics: { 'Count#values': { sum: -31, count: 8, min: -9, max: -1 } } },
);

export const gaugeTellsItsValue = conformanceCase(
  (p) => counting(p, (_, { metrics }) => metrics.gauge('level').set(42)),
  { metrics: { 'Count#level': { value: 42 } } },
);

export const stringSetHoldsEachOnce = conformanceCase(
  (p) => counting(p, (element, { metrics }) => metrics.stringSet('parities').add(element % 2 === 0 ? 'even' : 'odd')),
  { metrics: { 'Count#parities': ['even', 'odd'] } },
);

export const stringSetOfAnyText = conformanceCase(
  (p) => counting(p, (_, { metrics }) => metrics.stringSet('texts').add('', 'größe', '\u{1f600}')),
  { metrics: { 'Count#texts': ['', 'größe', '\u{1f600}'] } },
);

export const metricsOfEqualNameAndOtherKind = conformanceCase(
  (p) =>
    counting(p, (element, { metrics }) => {
      metrics.counter('count').inc();
      metrics.distribution('spread').update(element);
      metrics.stringSet('names').add(`n${element % 3}`);
    }),
  {
    counters: { 'Count#count': 8 },
    metrics: { 'Count#spread': { count: 8 }, 'Count#names': ['n0', 'n1', 'n2'] },
  },
);

class KeptMetrics implements DoFn<number, number> {
  #counter: Counter | undefined;
  #distribution: Distribution | undefined;
  setup({ metrics }: DoFnContext): void {
    this.#counter = metrics.counter('kept');
    this.#distribution = metrics.distribution('sizes');
  }
  process(element: number, context: ProcessContext<number>): void {
    this.#counter!.inc(element);
    this.#distribution!.update(element);
    context.output(element);
  }
}

export const metricsAskedForInSetup = conformanceCase(
  (p) => PAssert.that(p.create('Numbers', NUMBERS).parDo('Count', () => new KeptMetrics())).containsInAnyOrder(NUMBERS),
  { counters: { 'Count#kept': 31 }, metrics: { 'Count#sizes': { sum: 31, count: 8 } } },
);

class CountingBundles implements DoFn<number, number> {
  #inBundle = 0;
  startBundle(): void {
    this.#inBundle = 0;
  }
  process(): void {
    this.#inBundle++;
  }
  finishBundle(context: FinishBundleContext<number>): void {
    context.metrics.counter('elements').inc(this.#inBundle);
    context.output(this.#inBundle, 0, GlobalWindow.INSTANCE);
  }
}

export const metricsInFinishBundle = conformanceCase(
  (p) =>
    PAssert.that(
      p
        .create('Numbers', NUMBERS)
        .parDo('Count', () => new CountingBundles())
        .combineGlobally({
          createAccumulator: () => 0,
          addInput: (sum: number, n: number) => sum + n,
          mergeAccumulators: (a: number, b: number) => a + b,
          extractOutput: (sum: number) => sum,
        }),
    ).containsInAnyOrder([8]),
  { counters: { 'Count#elements': 8 } },
);

const rest = outputTag('rest').of<number>();

export const metricsBesideTaggedOutputs = conformanceCase(
  (p) => {
    const { main, rest: others } = p.create('Numbers', NUMBERS).parDo(
      'Split',
      () => ({
        process(element: number, context: ProcessContext<number>): void {
          if (element > 3) context.output(element);
          else {
            context.metrics.counter('rest').inc();
            context.outputTagged(rest, element);
          }
        },
      }),
      { outputs: [rest] },
    );
    PAssert.that('Main', main).containsInAnyOrder([4, 5, 9, 6]);
    PAssert.that('Others', others).containsInAnyOrder([3, 1, 1, 2]);
  },
  { counters: { 'Split#rest': 4 } },
);

export const metricsBehindAGrouping = conformanceCase(
  (p) => {
    const sums = p
      .create('Numbers', NUMBERS)
      .keyBy((n) => n % 2)
      .groupByKey()
      .parDo('Count', () => ({
        process({ key, value }: { key: number; value: Iterable<number> }, context: ProcessContext<number>): void {
          const values = [...value];
          context.metrics.counter('groups').inc();
          context.metrics.distribution('group size').update(values.length);
          context.output(key);
        },
      }));
    PAssert.that(sums).containsInAnyOrder([0, 1]);
  },
  { counters: { 'Count#groups': 2 }, metrics: { 'Count#group size': { sum: 8, count: 2, min: 3, max: 5 } } },
);
