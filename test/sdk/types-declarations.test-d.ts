/** Checked by `tsc -p tsconfig.json`, never run: what a DoFn works with is what its step declares, and of the types that it says. */
import {
  asMap,
  asSingleton,
  bagState,
  type CombineFn,
  combiningState,
  type DoFn,
  type ExpirationContext,
  eventTimer,
  groupIntoBatches,
  type KV,
  keys,
  latestPerKey,
  mapState,
  max,
  multimapState,
  orderedListState,
  outputTag,
  type PCollection,
  type ProcessContext,
  processingTimer,
  redistributeByKey,
  setState,
  sum,
  swapKV,
  type TimerContext,
  valueState,
  values,
} from 'millrace';
import { stringUtf8Coder, varintCoder } from 'millrace/coders';
import { expectTypeOf } from 'vitest';

declare const words: PCollection<string>;
declare const scores: PCollection<KV<string, number>>;
declare const rates: PCollection<KV<string, bigint>>;

const cells = {
  state: {
    last: valueState<string>(),
    bag: bagState<number>(),
    largest: combiningState(max<number>()),
    total: combiningState(sum()),
    map: mapState<string, number>(),
    several: multimapState<string, number>(),
    set: setState<string>(),
    list: orderedListState<string>(),
  },
  timers: { end: eventTimer(), retry: processingTimer() },
};
type Cells = ProcessContext<string, typeof cells>;

/** Every kind of cell has what it can do, and holds what was said. */
function touch({ state, timers }: Cells): void {
  expectTypeOf(state.last.read()).toEqualTypeOf<string | undefined>();
  expectTypeOf(state.bag.read()).toEqualTypeOf<Iterable<number>>();
  expectTypeOf(state.largest.read()).toEqualTypeOf<number | undefined>();
  expectTypeOf(state.total.read()).toEqualTypeOf<number>();
  expectTypeOf(state.map.get('a')).toEqualTypeOf<number | undefined>();
  expectTypeOf(state.several.get('a')).toEqualTypeOf<Iterable<number>>();
  // @ts-expect-error there is no such cell
  state.lats.read();
  // @ts-expect-error a timer is no cell
  state.end;
  // @ts-expect-error the value is a text
  state.last.write(1);
  // @ts-expect-error a bag is not one value
  state.bag.write(1);
  // @ts-expect-error what is read of a bag is no number
  state.bag.read() satisfies number;
  // @ts-expect-error nor has it a length
  state.bag.read().length;
  // @ts-expect-error the bag is one of numbers
  state.bag.add('1');
  // @ts-expect-error what was never added has no largest
  state.largest.read() + 1;
  // @ts-expect-error numbers are added up
  state.total.add('1');
  // @ts-expect-error the keys are texts
  state.map.put(1, 1);
  // @ts-expect-error the values are numbers
  state.map.put('a', 'b');
  // @ts-expect-error a map is asked for a key
  state.map.read();
  // @ts-expect-error the values are numbers
  state.several.put('a', 'b');
  // @ts-expect-error the elements are texts
  state.set.add(1);
  // @ts-expect-error an element of a list has a timestamp
  state.list.add('a');
  // @ts-expect-error a cell is not assigned to
  state.last = undefined;
  // @ts-expect-error there is no such timer
  timers.ends.set(0);
  // @ts-expect-error a cell is no timer
  timers.last;
  // @ts-expect-error a timer in event time knows no delay
  timers.end.setAfter(1);
  timers.retry.setAfter(1);
}

class Touch implements DoFn<KV<string, number>, string, typeof cells> {
  process(_: KV<string, number>, context: Cells): void {
    touch(context);
  }
  readonly onTimer = { end(_: TimerContext<string, typeof cells>) {}, retry() {} };
  onWindowExpiration({ state }: ExpirationContext<string, typeof cells>): void {
    state.last.clear();
    // @ts-expect-error there is no such cell
    state.lats;
  }
}

expectTypeOf(scores.parDo('Touch', () => new Touch(), cells)).toEqualTypeOf<PCollection<string>>();
expectTypeOf(scores.parDo<string, typeof cells>('Touch', () => new Touch(), cells)).toEqualTypeOf<
  PCollection<string>
>();
// @ts-expect-error what it works with is not declared
scores.parDo(() => new Touch());
// @ts-expect-error the same with a name
scores.parDo('Touch', () => new Touch());
// @ts-expect-error its timers are not declared
scores.parDo('Touch', () => new Touch(), { state: cells.state });
// @ts-expect-error nor is one of its cells
scores.parDo('Touch', () => new Touch(), { state: { last: valueState<string>() }, timers: cells.timers });
// @ts-expect-error one of its cells is declared as of another type
scores.parDo('Touch', () => new Touch(), { ...cells, state: { ...cells.state, last: valueState<number>() } });
// @ts-expect-error one of its cells is declared as of another kind
scores.parDo('Touch', () => new Touch(), { ...cells, state: { ...cells.state, bag: valueState<number>() } });
// @ts-expect-error a timer is declared in another domain
scores.parDo('Touch', () => new Touch(), { ...cells, timers: { ...cells.timers, retry: eventTimer() } });
// @ts-expect-error its elements are pairs
words.parDo('Touch', () => new Touch(), cells);

// State belongs to keys.
class OfWords implements DoFn<string, string, { state: { last: ReturnType<typeof valueState<string>> } }> {
  process(): void {}
}
// @ts-expect-error words have no key
words.parDo('Of words', () => new OfWords(), { state: { last: valueState<string>() } });
// @ts-expect-error nor are they sorted by one
words.parDo('Sorted', () => ({ process(_: string) {} }), { requiresTimeSortedInput: true });

// A timer that is declared has its handler, and the other way round.
export class NoHandler implements DoFn<KV<string, number>, string, typeof cells> {
  process(): void {}
  // @ts-expect-error the timer `retry` is not handled
  readonly onTimer = { end() {} };
}

// Nothing asynchronous while state is held.
export class Waits implements DoFn<KV<string, number>, string, typeof cells> {
  // @ts-expect-error it answers a promise
  async process(_: KV<string, number>, { state }: Cells): Promise<void> {
    state.last.write('a');
  }
  // @ts-expect-error so does a handler
  readonly onTimer = {
    async end() {},
    retry() {},
  };
  // @ts-expect-error and this
  async onWindowExpiration(): Promise<void> {}
}
// @ts-expect-error nor in one without state: that is declared with mapAsync
words.parDo('Waits', () => ({ async process(_: string) {} }));

// Side inputs are what was declared, under their names.
const beside = { sideInputs: { rate: asSingleton(words), rates: asMap(rates) } };
class Beside implements DoFn<string, string, typeof beside> {
  process(_: string, { sideInputs }: ProcessContext<string, typeof beside>): void {
    expectTypeOf(sideInputs.rate).toEqualTypeOf<string>();
    expectTypeOf(sideInputs.rates.get('a')).toEqualTypeOf<bigint | undefined>();
    // @ts-expect-error there is no such side input
    sideInputs.rat;
    // @ts-expect-error a map is not iterated as a list
    sideInputs.rates[0];
  }
}
expectTypeOf(words.parDo('Beside', () => new Beside(), beside)).toEqualTypeOf<PCollection<string>>();
// @ts-expect-error it looks at side inputs that are not declared
words.parDo('Beside', () => new Beside());
// @ts-expect-error one of them is missing
words.parDo('Beside', () => new Beside(), { sideInputs: { rate: asSingleton(words) } });
// @ts-expect-error one of them is another view
words.parDo('Beside', () => new Beside(), { sideInputs: { ...beside.sideInputs, rate: asMap(rates) } });
words.parDo('Nothing declared', () => ({
  process(_: string, context: ProcessContext<string>) {
    // @ts-expect-error nothing is declared
    context.sideInputs.rate;
    // @ts-expect-error nothing is declared
    context.state.last;
    // @ts-expect-error nothing is declared
    context.timers.end;
  },
}));

// Outputs.
const long = outputTag('long').of<number>();
const outputs = words.parDo('Lengths', () => ({ process(_: string, _context: ProcessContext<string>) {} }), {
  outputs: [long],
});
// @ts-expect-error there is no such output
outputs.short;
// @ts-expect-error it is one of numbers
outputs.long satisfies PCollection<string>;

// The accumulator of a combination is one type.
const mixed: CombineFn<number, number, number> = {
  createAccumulator: () => 0,
  // @ts-expect-error the accumulator is a number
  addInput: (total: string, value) => total + value,
  mergeAccumulators: (a, b) => a + b,
  extractOutput: (a) => a,
};
scores.combinePerKey(mixed);
scores.combinePerKey({
  createAccumulator: () => ({ total: 0 }),
  // @ts-expect-error it is made with a total
  addInput: (_, value: number) => ({ totle: value }),
  mergeAccumulators: (a) => a,
  extractOutput: ({ total }) => total,
});
const texts: CombineFn<number, string, string> = {
  createAccumulator: () => '',
  addInput: (a, value) => a + value,
  mergeAccumulators: (a, b) => a + b,
  extractOutput: (a) => a,
};
scores.combinePerKey({ ...texts, accumulatorCoder: stringUtf8Coder() });
// @ts-expect-error the accumulator is a text
scores.combinePerKey({ ...texts, accumulatorCoder: varintCoder() });
// @ts-expect-error the output is a text
scores.combinePerKey({ ...texts, outputCoder: varintCoder() });

// What works on keys is not for what has none.
// @ts-expect-error words have no key
words.apply(groupIntoBatches({ size: 2 }));
// @ts-expect-error words have no key
words.apply(latestPerKey());
// @ts-expect-error words have no key
words.apply(redistributeByKey());
// @ts-expect-error words have no key
words.apply(keys());
// @ts-expect-error words have no key
words.apply(values());
// @ts-expect-error words have no key
words.apply(swapKV());
// @ts-expect-error words have no key
asMap(words);
