import { iterableCoder, kvCoder, valueCoder, varintCoder } from '../coders/index.js';
import type { Coder, KV } from '../model/coder.js';
import type { DoFn, DoFnContext, ProcessContext } from '../model/do-fn.js';
import type { Counter } from '../model/metrics.js';
import type { BoundedWindow } from '../model/window.js';
import { named, PCollection } from '../pipeline/pcollection.js';
import { PCOLLECTION } from '../pipeline/plan-nodes.js';
import { composite } from '../pipeline/verbs/composite.js';
import { groupByKey } from '../pipeline/verbs/keyed.js';
import { globalWindow } from '../pipeline/window-fns.js';
import { flatten } from '../transforms/flatten.js';
import { PASSERT_ANNOTATION, PASSERT_CHECK, PASSERT_SUCCESS } from './assertions.js';
import {
  containsInAnyOrder,
  type Expectation,
  empty,
  equalsMap,
  equalsMultimap,
  equalsSingle,
  inPanes,
  satisfies,
} from './expectations.js';
import { PANES, type PaneChoice, type Place } from './pane-choice.js';

/** What of a collection is looked at. */
interface Choice {
  readonly window: BoundedWindow;
  readonly panes: PaneChoice;
}

/**
 * A check on all elements of a collection, that is a part of the pipeline and runs wherever it runs:
 * `PAssert.that(counts).containsInAnyOrder([...])`. A pipeline whose check fails, fails; `verifyAssertions` finds the
 * check that never ran.
 */
export class PAssert<T> {
  readonly #name: string | undefined;
  readonly #input: PCollection<T>;
  readonly #choice: Choice | undefined;

  private constructor(name: string | undefined, input: PCollection<T>, choice?: Choice) {
    this.#name = name;
    this.#input = input;
    this.#choice = choice;
  }

  /** Begins a check; its step may have a name. */
  static that<T>(input: PCollection<T>): PAssert<T>;
  static that<T>(name: string, input: PCollection<T>): PAssert<T>;
  static that<T>(...args: unknown[]): PAssert<T> {
    const [name, input] = named<[input: PCollection<T>]>(args);
    return new PAssert(name, input);
  }

  /** Looks only at the elements in this window, whichever firing they came with. */
  inWindow(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.all);
  }

  /** Looks only at what the window gave when the watermark passed its end. */
  inOnTimePane(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.onTime);
  }

  /** Looks only at what the window gave before the watermark passed its end. */
  inEarlyPanes(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.early);
  }

  /** Looks only at what the window gave after its pane on time. */
  inLatePanes(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.late);
  }

  /** Looks only at the firing after which the window was given up. */
  inFinalPane(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.final);
  }

  /** Looks at a window that must have fired once. */
  inOnlyPane(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.only);
  }

  /** Looks at all that the window gave but for its late panes. */
  inCombinedNonLatePanes(window: BoundedWindow): PAssert<T> {
    return this.#in(window, PANES.nonLate);
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

  /** The pairs are those of the map, each key once. */
  equalsMap<K, V>(this: PAssert<KV<K, V>>, expected: ReadonlyMap<K, V>): void {
    this.#check(equalsMap(expected));
  }

  /** Each key has these values, in any order. */
  equalsMultimap<K, V>(this: PAssert<KV<K, V>>, expected: ReadonlyMap<K, readonly V[]>): void {
    this.#check(equalsMultimap(expected));
  }

  /** `check` does not throw, given all elements in any order. */
  satisfies(check: (actual: readonly T[]) => void): void {
    this.#check(satisfies(check));
  }

  #in(window: BoundedWindow, panes: PaneChoice): PAssert<T> {
    return new PAssert(this.#name, this.#input, { window, panes });
  }

  #check(expectation: Expectation<T>): void {
    const choice = this.#choice;
    const coder = this.#input[PCOLLECTION].coder as Coder<T>;
    if (choice === undefined) {
      checkAll(this.#name, this.#input, coder, (input) => input, expectation);
      return;
    }
    // Where an element stands travels with it, so that a message can tell what was elsewhere.
    const place = (input: PCollection<T>) => input.parDo('Place', () => new PlaceFn<T>());
    checkAll(this.#name, this.#input, kvCoder(coder, valueCoder<Place>()), place, inPanes(choice, expectation));
  }
}

/** Gathers what `prepare` makes of a collection in one place, and checks it there once. */
function checkAll<T, E>(
  name: string | undefined,
  collection: PCollection<T>,
  coder: Coder<E>,
  prepare: (input: PCollection<T>) => PCollection<E>,
  expectation: Expectation<E>,
): void {
  composite('PAssert', name, collection, (input, step) => {
    step.annotations[PASSERT_ANNOTATION] = true;
    const gathered = kvCoder(varintCoder(), iterableCoder(coder));
    const actual = prepare(input)
      .map('Actual', (element) => ({ key: 0, value: [element] }) as KV<number, Iterable<E>>)
      .withCoder(gathered)
      .windowInto('Global', globalWindow(), {
        allowedLateness: 0,
        trigger: { kind: 'default' },
        accumulation: 'discarding',
        timestampCombiner: 'endOfWindow',
        closingBehavior: 'EMIT_IF_NONEMPTY',
        onTimeBehavior: 'FIRE_ALWAYS',
      });
    // So that there is something to group, and the check runs, where the collection is empty.
    const nothing = input.pipeline.create<KV<number, Iterable<E>>>('Nothing', [{ key: 0, value: [] }], {
      coder: gathered,
    });
    const all = flatten('Both', [actual, nothing]);
    // An unbounded input is checked when it has ended.
    const grouped = groupByKey(all[PCOLLECTION], 'Group', { isEndless: true });
    new PCollection<KV<number, Iterable<Iterable<E>>>>(input.pipeline, grouped).parDo(
      PASSERT_CHECK,
      () => new CheckFn(expectation),
    );
  });
}

/** Pairs each element with where it stands. */
class PlaceFn<T> implements DoFn<T, KV<T, Place>> {
  process(element: T, context: ProcessContext<KV<T, Place>>): void {
    const { timestamp, window, pane } = context;
    const { start, end, id } = window;
    const { timing, isFirst, isLast, index, nonSpeculativeIndex } = pane;
    context.output({
      key: element,
      value: {
        timestamp,
        window: { start, end, ...(id !== undefined && { id }) },
        pane: { timing, isFirst, isLast, index, nonSpeculativeIndex },
      },
    });
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
