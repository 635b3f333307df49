import {
  type DoFn,
  type DoFnContext,
  eventTimer,
  type KV,
  type Pipeline,
  type ProcessContext,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Metrics from wherever a function of the author is called. */

const pairs = (p: Pipeline) => p.create('Numbers', [1, 2, 3]).keyBy('Key', (n) => `k${n % 2}`);

const timed = { state: { seen: valueState<number>() }, timers: { end: eventTimer() } };
type Timed = typeof timed;

class CountsEverywhere implements DoFn<KV<string, number>, string, Timed> {
  process({ key }: KV<string, number>, { metrics, timers, state, output }: ProcessContext<string, Timed>): void {
    metrics.counter('elements').inc();
    state.seen.write(1);
    timers.end.set(50);
    output(key);
  }
  readonly onTimer = {
    end: ({ metrics, key }: TimerContext<string, Timed>): void => {
      metrics.counter('fired').inc();
      metrics.stringSet('keys').add(String(key));
    },
  };
  onWindowExpiration({ metrics }: DoFnContext): void {
    metrics.counter('expired').inc();
    metrics.distribution('ends').update(7);
  }
}

export const metricsOfTimersAndExpiry = conformanceCase(
  (p) => {
    PAssert.that(pairs(p).parDo('Count', () => new CountsEverywhere(), timed)).containsInAnyOrder(['k0', 'k1', 'k1']);
  },
  {
    requires: ['state', 'timers', 'windowExpiration'],
    counters: { 'Count#elements': 3, 'Count#fired': 2, 'Count#expired': 2 },
    metrics: { 'Count#keys': ['k0', 'k1'], 'Count#ends': { sum: 14, count: 2, min: 7, max: 7 } },
  },
);

class CountsBundles implements DoFn<number, number> {
  startBundle({ metrics }: DoFnContext): void {
    metrics.gauge('level').set(3);
    metrics.stringSet('from').add('startBundle');
  }
  process(n: number, { metrics, output }: ProcessContext<number>): void {
    metrics.counter('sum').inc(n);
    output(n);
  }
}

export const metricsInStartBundle = conformanceCase(
  (p) => {
    PAssert.that(p.create('Numbers', [1, 2, 3]).parDo('Count', () => new CountsBundles())).containsInAnyOrder([
      1, 2, 3,
    ]);
  },
  { counters: { 'Count#sum': 6 }, metrics: { 'Count#level': { value: 3 }, 'Count#from': ['startBundle'] } },
);

/** Under one name in two steps, and as two kinds beside each other. */
export const metricsOfFourSteps = conformanceCase(
  (p) => {
    const words = p.create('Words', ['a', 'zzz']);
    const through = (name: string, count: (word: string, context: ProcessContext<string>) => void) =>
      words.parDo(name, () => ({
        process(word: string, context: ProcessContext<string>): void {
          count(word, context);
          context.output(word);
        },
      }));
    const all = through('Count1', (_, { metrics }) => metrics.counter('counter').inc()).flatten(
      through('Count2', (word, { metrics }) => metrics.counter('counter').inc(word.length)),
      through('Dist', (word, { metrics }) => metrics.distribution('distribution').update(word.length)),
      through('Gauge', (_, { metrics }) => metrics.gauge('gauge').set(3)),
    );
    PAssert.that(all).satisfies((seen) => {
      if (seen.length !== 8) throw new Error(`${seen.length} words`);
    });
  },
  {
    counters: { 'Count1#counter': 2, 'Count2#counter': 4 },
    metrics: { 'Dist#distribution': { sum: 4, count: 2, min: 1, max: 3 }, 'Gauge#gauge': { value: 3 } },
  },
);

/** What was counted in a run that fails is told too, as attempted. */
export const metricsInNestedComposites = conformanceCase(
  (p) => {
    const counted = p.create('Numbers', [1, 2]).apply('Outer', (outer) =>
      outer.apply('Inner', (inner) =>
        inner.parDo('Count', () => ({
          process(n: number, { metrics, output }: ProcessContext<number>): void {
            metrics.counter('sum').inc(n);
            output(n);
          },
        })),
      ),
    );
    PAssert.that(counted.combineGlobally(sum())).containsInAnyOrder([3]);
  },
  { counters: { 'Outer/Inner/Count#sum': 3 } },
);
