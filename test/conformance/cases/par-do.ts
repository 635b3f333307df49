import { type DoFn, GlobalWindow, outputTag, type ProcessContext } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

class Doubler implements DoFn<number, number> {
  process(element: number, context: ProcessContext<number>): void {
    context.output(element);
    context.output(element * 2);
  }
}

export const parDo = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [1, 5]).parDo('Double', () => new Doubler())).containsInAnyOrder([1, 2, 5, 10]);
});

const odd = outputTag('odd').of<string>();

export const taggedOutputs = conformanceCase((p) => {
  const split = p.create('Numbers', [1, 2, 3, 4]).parDo(
    'Split',
    () => ({
      process(element: number, context: ProcessContext<number>): void {
        if (element % 2 === 0) context.output(element);
        else context.outputTagged(odd, `${element}`);
      },
    }),
    { outputs: [odd] },
  );
  PAssert.that(split.main).containsInAnyOrder([2, 4]);
  PAssert.that(split.odd).containsInAnyOrder(['1', '3']);
});

export const unreadTaggedOutput = conformanceCase((p) => {
  const split = p.create('Numbers', [1, 2]).parDo(
    'Split',
    () => ({
      process(element: number, context: ProcessContext<number>): void {
        context.output(element);
        context.outputTagged(odd, 'nobody reads this');
      },
    }),
    { outputs: [odd] },
  );
  PAssert.that(split.main).containsInAnyOrder([1, 2]);
});

class Bundles implements DoFn<number, string> {
  private open = false;
  private ready = false;
  private seen: number[] = [];
  setup(): void {
    this.ready = true;
  }
  startBundle(): void {
    if (!this.ready || this.open) throw new Error('startBundle out of turn');
    this.open = true;
    this.seen = [];
  }
  process(element: number, context: ProcessContext<string>): void {
    if (!this.open) throw new Error('process outside of a bundle');
    this.seen.push(element);
    context.output(`${element}`);
  }
  finishBundle(): void {
    if (!this.open || this.seen.length === 0) throw new Error('finishBundle out of turn');
    this.open = false;
  }
}

export const bundleLife = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [1, 2, 3]).parDo('Live', () => new Bundles())).containsInAnyOrder(['1', '2', '3']);
});

class AsyncLife implements DoFn<number, number> {
  private factor = 0;
  private sum = 0;
  private last: Parameters<NonNullable<DoFn<number, number>['finishBundle']>>[0] | undefined;
  async setup(): Promise<void> {
    await Promise.resolve();
    this.factor = 10;
  }
  async startBundle(): Promise<void> {
    await Promise.resolve();
    this.sum = 0;
  }
  process(element: number): void {
    this.sum += element * this.factor;
  }
  async finishBundle(context: NonNullable<typeof this.last>): Promise<void> {
    await Promise.resolve();
    context.output(this.sum, 0, GlobalWindow.INSTANCE);
  }
}

export const asyncLifeCycle = conformanceCase((p) => {
  const sums = p.create('Numbers', [1, 2, 3]).parDo('Sum', () => new AsyncLife());
  PAssert.that(
    sums.combineGlobally({
      createAccumulator: () => 0,
      addInput: (a: number, x: number) => a + x,
      mergeAccumulators: (a: number, b: number) => a + b,
      extractOutput: (a: number) => a,
    }),
  ).containsInAnyOrder([60]);
});

export const userCounters = conformanceCase(
  (p) => {
    const counted = p.create('Numbers', [1, 2, 3, 4]).parDo('Count', () => ({
      process(element: number, context: ProcessContext<number>): void {
        context.metrics.counter('seen').inc();
        context.metrics.counter('sum').inc(element);
        context.output(element);
      },
    }));
    PAssert.that(counted).containsInAnyOrder([1, 2, 3, 4]);
  },
  { counters: { 'Count#seen': 4, 'Count#sum': 10 } },
);

const seen = outputTag('seen').of<number>();

export const outputsOfOneElementInBoth = conformanceCase((p) => {
  const outputs = p.create('Numbers', [1, 2]).parDo(
    'Both',
    () => ({
      process(n: number, context: ProcessContext<number>): void {
        context.output(-n);
        context.outputTagged(seen, n);
        context.output(-n * 10);
      },
    }),
    { outputs: [seen] },
  );
  PAssert.that('Main', outputs.main).containsInAnyOrder([-1, -10, -2, -20]);
  PAssert.that('Seen', outputs.seen).containsInAnyOrder([1, 2]);
});
