import { iterableCoder, kvCoder, varintCoder } from '../coders/index.js';
import type { Coder, KV } from '../model/coder.js';
import type { Counter, DoFn, DoFnContext, ProcessContext } from '../model/do-fn.js';
import type { BoundedWindow } from '../model/window.js';
import { named, PCollection } from '../pipeline/pcollection.js';
import { PCOLLECTION } from '../pipeline/plan-nodes.js';
import { composite } from '../pipeline/verbs/composite.js';
import { groupByKey } from '../pipeline/verbs/keyed.js';
import { globalWindow } from '../pipeline/window-fns.js';
import { flatten } from '../transforms/flatten.js';
import { PASSERT_ANNOTATION, PASSERT_CHECK, PASSERT_SUCCESS } from './assertions.js';
import { containsInAnyOrder, type Expectation, empty, equalsSingle, satisfies } from './expectations.js';

/**
 * A check on all elements of a collection, that is a part of the pipeline and runs wherever it runs:
 * `PAssert.that(counts).containsInAnyOrder([...])`. A pipeline whose check fails, fails; `verifyAssertions` finds the
 * check that never ran.
 */
export class PAssert<T> {
  readonly #name: string | undefined;
  readonly #input: PCollection<T>;
  readonly #window: BoundedWindow | undefined;

  private constructor(name: string | undefined, input: PCollection<T>, window?: BoundedWindow) {
    this.#name = name;
    this.#input = input;
    this.#window = window;
  }

  /** Begins a check; its step may have a name. */
  static that<T>(input: PCollection<T>): PAssert<T>;
  static that<T>(name: string, input: PCollection<T>): PAssert<T>;
  static that<T>(...args: unknown[]): PAssert<T> {
    const [name, input] = named<[input: PCollection<T>]>(args);
    return new PAssert(name, input);
  }

  /** Looks only at the elements in this window. */
  inWindow(window: BoundedWindow): PAssert<T> {
    return new PAssert(this.#name, this.#input, window);
  }

  /** The elements are these, each as often as it stands here. */
  containsInAnyOrder(expected: readonly T[]): void {
    this.#check(containsInAnyOrder(expected));
  }

  /** There are no elements. */
  empty(): void {
    this.#check(empty());
  }

  /** There is one element, and it is this. */
  equals(expected: T): void {
    this.#check(equalsSingle(expected));
  }

  /** `check` does not throw, given all elements in any order. */
  satisfies(check: (actual: readonly T[]) => void): void {
    this.#check(satisfies(check));
  }

  #check(expectation: Expectation<T>): void {
    composite('PAssert', this.#name, this.#input, (input, step) => {
      step.annotations[PASSERT_ANNOTATION] = true;
      const window = this.#window;
      const chosen = window === undefined ? input : input.parDo('InWindow', () => new InWindowFn<T>(window));
      const coder = kvCoder(varintCoder(), iterableCoder(input[PCOLLECTION].coder as Coder<T>));
      const actual = chosen
        .map('Actual', (element) => ({ key: 0, value: [element] }) as KV<number, Iterable<T>>)
        .withCoder(coder)
        .windowInto('Global', globalWindow(), {
          allowedLateness: 0,
          trigger: { kind: 'default' },
          accumulation: 'discarding',
          timestampCombiner: 'endOfWindow',
          closingBehavior: 'EMIT_IF_NONEMPTY',
          onTimeBehavior: 'FIRE_ALWAYS',
        });
      // So that there is something to group, and the check runs, where the collection is empty.
      const nothing = input.pipeline.create<KV<number, Iterable<T>>>('Nothing', [{ key: 0, value: [] }], { coder });
      const all = flatten('Both', [actual, nothing]);
      // An unbounded input is checked when it has ended.
      const grouped = groupByKey(all[PCOLLECTION], 'Group', { isEndless: true });
      new PCollection<KV<number, Iterable<Iterable<T>>>>(input.pipeline, grouped).parDo(
        PASSERT_CHECK,
        () => new CheckFn(expectation),
      );
    });
  }
}

class InWindowFn<T> implements DoFn<T, T> {
  constructor(readonly window: BoundedWindow) {}

  process(element: T, context: ProcessContext<T>): void {
    const { start, end } = context.window;
    if (start === this.window.start && end === this.window.end) context.output(element);
  }
}

class CheckFn<T> implements DoFn<KV<number, Iterable<Iterable<T>>>, never> {
  #success: Counter | undefined;

  constructor(readonly expectation: Expectation<T>) {}

  setup(context: DoFnContext): void {
    this.#success = context.metrics.counter(PASSERT_SUCCESS);
  }

  process({ value }: KV<number, Iterable<Iterable<T>>>): void {
    const actual: T[] = [];
    for (const elements of value) actual.push(...elements);
    this.expectation(actual);
    this.#success?.inc();
  }
}
