import { create, type DoFn, GlobalWindow, outputTag, type ProcessContext } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const createEmpty = conformanceCase((p) => {
  PAssert.that(p.create<number>('Nothing', [])).empty();
});

export const createValues = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [3, 1, 2])).containsInAnyOrder([1, 2, 3]);
});

export const createManyKindsOfValue = conformanceCase((p) => {
  const values = [
    null,
    true,
    -1.5,
    'text',
    12n,
    new Date(5),
    new Uint8Array([1, 2]),
    new Map([['a', new Set([1])]]),
    { a: [1, { b: null }] },
  ];
  PAssert.that(p.create('Values', values)).containsInAnyOrder(values);
});

export const createLarge = conformanceCase((p) => {
  const long = Array.from(
    { length: 5_000 },
    (_, i) => `element number ${i} of a collection larger than what stands in a plan`,
  );
  PAssert.that(p.create('Long', long).map((text) => text.length > 60)).satisfies((all) => {
    if ([...all].filter(Boolean).length !== 5_000) throw new Error('elements are missing');
  });
});

export const map = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [1, 2, 3]).map((n) => `${n * 2}`)).containsInAnyOrder(['2', '4', '6']);
});

export const mapOfNothing = conformanceCase((p) => {
  PAssert.that(p.create<number>('Nothing', []).map((n) => n * 2)).empty();
});

export const filter = conformanceCase((p) => {
  const mixed: (string | number)[] = [1, 'a', 2, 'b'];
  const texts = p.create('Mixed', mixed).filter((x): x is string => typeof x === 'string');
  PAssert.that(texts.map((text) => text.toUpperCase())).containsInAnyOrder(['A', 'B']);
});

export const flatMapArrays = conformanceCase((p) => {
  PAssert.that(
    p.create('Lines', ['a b', '', 'c']).flatMap((line) => line.split(' ').filter((w) => w !== '')),
  ).containsInAnyOrder(['a', 'b', 'c']);
});

export const flatMapGenerators = conformanceCase((p) => {
  const counted = p.create('Numbers', [0, 1, 3]).flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield `${n}/${i}`;
  });
  PAssert.that(counted).containsInAnyOrder(['1/0', '3/0', '3/1', '3/2']);
});

export const flatMapExplodes = conformanceCase((p) => {
  const many = p.create('One', [50_000]).flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield i % 10;
  });
  PAssert.that(many.countPerElement()).containsInAnyOrder(
    Array.from({ length: 10 }, (_, key) => ({ key, value: 5_000 })),
  );
});

export const keyBy = conformanceCase((p) => {
  PAssert.that(p.create('Words', ['a', 'bb']).keyBy((word) => word.length)).containsInAnyOrder([
    { key: 1, value: 'a' },
    { key: 2, value: 'bb' },
  ]);
});

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

export const composites = conformanceCase((p) => {
  const shout = {
    name: 'Shout',
    expand: (words: ReturnType<typeof source>) =>
      words.map('Upper', (w) => w.toUpperCase()).map('Mark', (w) => `${w}!`),
  };
  const source = () => p.apply('Words', create(['a', 'b']));
  PAssert.that(source().apply(shout)).containsInAnyOrder(['A!', 'B!']);
});

export const emptyComposite = conformanceCase((p) => {
  const same = { name: 'Same', expand: (words: ReturnType<typeof source>) => words };
  const source = () => p.create('Words', ['a']);
  PAssert.that(source().apply(same)).containsInAnyOrder(['a']);
});

export const longChain = conformanceCase((p) => {
  let numbers = p.create('Numbers', [1, 2, 3]);
  for (let i = 0; i < 100; i++) numbers = numbers.map((n) => n + 1);
  PAssert.that(numbers).containsInAnyOrder([101, 102, 103]);
});

export const fanOut = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2]);
  PAssert.that(numbers.map('Plus', (n) => n + 1)).containsInAnyOrder([2, 3]);
  PAssert.that(numbers.map('Times', (n) => n * 10)).containsInAnyOrder([10, 20]);
  PAssert.that(numbers).containsInAnyOrder([1, 2]);
});

export const mapAsync = conformanceCase(
  (p) => {
    const doubled = p.create('Numbers', [1, 2, 3]).mapAsync('Double', async (n) => n * 2, { concurrency: 2 });
    PAssert.that(doubled).containsInAnyOrder([2, 4, 6]);
  },
  { requires: ['async'] },
);

export const mapAsyncRetries = conformanceCase(
  (p) => {
    const tried = p.create('Numbers', [1, 2]).mapAsync(
      'Try',
      async (n, { attempt }) => {
        if (attempt < 3) throw new Error('not yet');
        return n * attempt;
      },
      { concurrency: 4, retry: { attempts: 3, initialDelayMs: 1 } },
    );
    PAssert.that(tried).containsInAnyOrder([3, 6]);
  },
  { requires: ['async'] },
);

export const mapAsyncRetriesWhatIsWorthIt = conformanceCase(
  (p) => {
    const tried = p.create('Numbers', [1, 2]).mapAsync(
      'Try',
      async (n, { attempt }) => {
        if (attempt < 2) throw new RangeError('busy');
        return n * attempt;
      },
      { retry: { attempts: 2, initialDelayMs: 1, jitter: 1, retryIf: (error) => error instanceof RangeError } },
    );
    PAssert.that(tried).containsInAnyOrder([2, 4]);
  },
  { requires: ['async'] },
);

export const mapAsyncWithinItsTime = conformanceCase(
  (p) => {
    const doubled = p.create('Numbers', [1, 2, 3]).mapAsync('Double', async (n) => n * 2, { timeoutMs: 60_000 });
    PAssert.that(doubled).containsInAnyOrder([2, 4, 6]);
  },
  { requires: ['async'] },
);

export const mapAsyncIntoGroups = conformanceCase(
  (p) => {
    const counts = p
      .create('Words', ['a', 'b', 'a'])
      .mapAsync('Look up', async (word) => ({ key: word, value: word.length }), { ordered: false })
      .countPerKey();
    PAssert.that(counts).containsInAnyOrder([
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ]);
  },
  { requires: ['async'] },
);

export const largeElements = conformanceCase((p) => {
  const lengths = p
    .create('Sizes', [1 << 20, 2 << 20, 3])
    .map('Large', (size) => 'x'.repeat(size))
    .reshuffle()
    .map('Length', (text) => text.length);
  PAssert.that(lengths).containsInAnyOrder([1 << 20, 2 << 20, 3]);
});

export const largeValuesOfAKey = conformanceCase((p) => {
  const lengths = p
    .create('Sizes', [1 << 19, 1 << 20, 7])
    .map('Large', (size) => ({ key: 'k', value: 'x'.repeat(size) }))
    .groupByKey()
    .map('Length', ({ value }) => [...value].reduce((total, { length }) => total + length, 0));
  PAssert.that(lengths).containsInAnyOrder([(1 << 19) + (1 << 20) + 7]);
});

/** Steps that read earlier ones here and there, so that no fused chain holds all of them. */
export const sparseDependencies = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2]);
  const steps = [numbers];
  for (let i = 0; i < 12; i++) {
    const from = steps[Math.floor(steps.length / 2)]!;
    steps.push(from.map(`Step ${i}`, (n) => n + 1));
  }
  PAssert.that('Last', steps.at(-1)!).containsInAnyOrder([5, 6]);
  PAssert.that('Together', steps[1]!.flatten('Flatten', steps[2]!, numbers)).containsInAnyOrder([2, 3, 3, 4, 1, 2]);
});

export const compositeWithoutSteps = conformanceCase((p) => {
  const numbers = p.create('Numbers', [1, 2]);
  PAssert.that(numbers.apply('Nothing', (input) => input).map((n) => n + 1)).containsInAnyOrder([2, 3]);
});

export const flatMapOfEmptyArrays = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', [0, 1, 2]).flatMap((n) => Array.from({ length: n }, () => n))).containsInAnyOrder([
    1, 2, 2,
  ]),
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
