import type { Coder, KV } from '../model/coder.js';
import type { AsyncFn, DoFn, OutputTag } from '../model/do-fn.js';
import type { SplittableDoFn } from '../model/splittable.js';
import type { DurationMs, Timestamp } from '../model/time.js';
import { MILLRACE_DO_FN } from '../model/urns.js';
import { type AsyncOptions, asyncSpec } from './async-options.js';
import { countFn } from './count-fn.js';
import { type FunctionEntry, functionEntry } from './function-table.js';
import type { CollectionNode } from './graph.js';
import type { TagType } from './output-tag.js';
import type { Pipeline } from './pipeline.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import { PCOLLECTION } from './plan-nodes.js';
import { expandWith, type PTransform, type Transform, transformName } from './ptransform.js';
import type { HintOptions } from './resource-hints.js';
import { composite } from './verbs/composite.js';
import type { ParDoDeclarations } from './verbs/declare.js';
import { defaultStands, WHETHER, withDefault } from './verbs/default-value.js';
import { type CombinePerKeyOptions, combinePerKeyWith } from './verbs/fanout.js';
import { flatten } from './verbs/flatten.js';
import { type CodedCombineFn, combinePerKey, groupByKey } from './verbs/keyed.js';
import { coderObstacle, defaultKvCoder } from './verbs/kv-coding.js';
import { codedLike, type ParDoArguments, parDo } from './verbs/par-do.js';
import { read } from './verbs/read.js';
import { reshuffle } from './verbs/reshuffle.js';
import { type ParDoOptions, runDoFn } from './verbs/run-do-fn.js';
import type { SideInputs } from './verbs/side-inputs.js';
import { windowInto } from './verbs/window-into.js';
import { elementWise, type SideInputOptions, type Views } from './verbs/with-side-inputs.js';
import type { WindowFnDescriptor } from './window-fns.js';
import type { WindowOptions } from './windowing.js';

/** Stands where the type of a key would, in the compile error of a grouping of what has no key. */
export type NotKeyed = 'the elements must be { key, value }: call keyBy() first';

/** Stands where a collection would, in the compile error of what follows a synchronous step that answers promises. */
export type ReturnsPromise = 'this function returns a promise: declare it with mapAsync()';

/** `never` for a type that holds a promise; undecided for a generic type. */
type NoPromise<O> = 0 extends 1 & O ? unknown : [Extract<O, PromiseLike<unknown>>] extends [never] ? unknown : never;

/** The outputs of a ParDo with tags: `main`, and one for each tag by its name. */
export type ParDoOutputs<O, Tags extends readonly OutputTag<unknown>[]> = {
  readonly main: PCollection<O>;
} & { readonly [Tag in Tags[number] as Tag['name']]: PCollection<TagType<Tag>> };

/**
 * A collection of elements, bounded or not, that a step puts out. Every verb adds a step to the pipeline, and answers
 * its output. The first argument of every verb may be the name of its step, unique among its neighbours; a step without
 * a name is called by its verb. Steps that hold state deserve a name, so that it is found again after a change.
 */
export class PCollection<T> {
  readonly [PCOLLECTION]: CollectionNode;

  /** Made by the verbs. */
  constructor(
    readonly pipeline: Pipeline,
    node: CollectionNode,
  ) {
    this[PCOLLECTION] = node;
  }

  /** The answer of `fn` for each element; with side inputs, `fn` gets what is seen of them as its second argument. */
  // The order matters: a promise is told by the second pair, and the third is for results of a generic type, of which
  // the first cannot know that they are none. The type of the result is inferred alike by all.
  map<O>(fn: ((element: T) => O) & NoPromise<O>): PCollection<O>;
  map<O>(name: string, fn: ((element: T) => O) & NoPromise<O>): PCollection<O>;
  map(fn: (element: T) => PromiseLike<unknown>): ReturnsPromise;
  map(name: string, fn: (element: T) => PromiseLike<unknown>): ReturnsPromise;
  map<O>(fn: (element: T) => O): PCollection<O>;
  map<O>(name: string, fn: (element: T) => O): PCollection<O>;
  map<O, const S extends SideInputs>(
    fn: (element: T, sideInputs: Views<S>) => O,
    options: SideInputOptions<S>,
  ): PCollection<O>;
  map<O, const S extends SideInputs>(
    name: string,
    fn: (element: T, sideInputs: Views<S>) => O,
    options: SideInputOptions<S>,
  ): PCollection<O>;
  map(...args: unknown[]): unknown {
    const [name, fn, options] = named<ElementWiseArguments>(args);
    if (options !== undefined) return this.#beside('Map', name, fn, options);
    return this.#each('Map', name, MILLRACE_DO_FN.map, functionEntry(fn));
  }

  /** Keeps the elements of which `predicate` is true; a type guard narrows the type. */
  filter<S extends T>(predicate: (element: T) => element is S): PCollection<S>;
  filter<S extends T>(name: string, predicate: (element: T) => element is S): PCollection<S>;
  filter(predicate: (element: T) => boolean): PCollection<T>;
  filter(name: string, predicate: (element: T) => boolean): PCollection<T>;
  filter<const S extends SideInputs>(
    predicate: (element: T, sideInputs: Views<S>) => boolean,
    options: SideInputOptions<S>,
  ): PCollection<T>;
  filter<const S extends SideInputs>(
    name: string,
    predicate: (element: T, sideInputs: Views<S>) => boolean,
    options: SideInputOptions<S>,
  ): PCollection<T>;
  filter(...args: unknown[]): PCollection<never> {
    const [name, predicate, options] = named<ElementWiseArguments>(args);
    if (options !== undefined) return this.#beside('Filter', name, predicate, options);
    return this.#each('Filter', name, MILLRACE_DO_FN.filter, functionEntry(predicate), {
      output: codedLike(this[PCOLLECTION]),
    });
  }

  /** All elements of all iterables that `fn` answers. */
  flatMap<O>(fn: (element: T) => Iterable<O>): PCollection<O>;
  flatMap<O>(name: string, fn: (element: T) => Iterable<O>): PCollection<O>;
  flatMap<O, const S extends SideInputs>(
    fn: (element: T, sideInputs: Views<S>) => Iterable<O>,
    options: SideInputOptions<S>,
  ): PCollection<O>;
  flatMap<O, const S extends SideInputs>(
    name: string,
    fn: (element: T, sideInputs: Views<S>) => Iterable<O>,
    options: SideInputOptions<S>,
  ): PCollection<O>;
  flatMap(...args: unknown[]): PCollection<never> {
    const [name, fn, options] = named<ElementWiseArguments>(args);
    if (options !== undefined) return this.#beside('FlatMap', name, fn, options);
    return this.#each('FlatMap', name, MILLRACE_DO_FN.flatMap, functionEntry(fn));
  }

  /**
   * Runs a DoFn. The factory makes one for each task. What the DoFn needs beside its elements is declared in the options:
   * state and timers for each key of a keyed input, side inputs, further outputs.
   */
  parDo<O>(factory: () => DoFn<T, O>): PCollection<O>;
  parDo<O>(name: string, factory: () => DoFn<T, O>): PCollection<O>;
  parDo<O, D extends ParDoDeclarations, const Tags extends readonly OutputTag<unknown>[]>(
    name: string,
    factory: () => DoFn<T, O, D>,
    options: D & { readonly outputs: Tags } & CallOptions<O> & NeedsKeys<T, D>,
  ): ParDoOutputs<O, Tags>;
  parDo<O, D extends ParDoDeclarations>(
    name: string,
    factory: () => DoFn<T, O, D>,
    options: D & CallOptions<O> & NeedsKeys<T, D>,
  ): PCollection<O>;
  parDo<O>(name: string, factory: () => DoFn<T, O>, options: CallOptions<O>): PCollection<O>;
  parDo(...args: unknown[]): unknown {
    const [name, factory, options = {}] = named<[factory: () => DoFn<never, unknown>, options?: ParDoOptions]>(args);
    const { step, main } = runDoFn(this[PCOLLECTION], name, factory, options);
    if (options.outputs === undefined) return new PCollection<never>(this.pipeline, main);
    return Object.fromEntries([...step.outputs].map(([tag, node]) => [tag, new PCollection(this.pipeline, node)]));
  }

  /** Calls an asynchronous function for each element, as many at a time as the options say. */
  mapAsync<O>(fn: AsyncFn<T, O>, options?: AsyncOptions): PCollection<O>;
  mapAsync<O>(name: string, fn: AsyncFn<T, O>, options?: AsyncOptions): PCollection<O>;
  mapAsync(...args: unknown[]): PCollection<never> {
    const [name, fn, options = {}] = named<[fn: Fn, options?: AsyncOptions]>(args);
    const spec = asyncSpec(options);
    return this.#each('MapAsync', name, MILLRACE_DO_FN.mapAsync, functionEntry(fn), {
      doFnPayload: (context, step) => ({ async: spec(context, step) }),
      resourceHints: options.resourceHints,
    });
  }

  /** Pairs each element with its key. */
  // As with map().
  keyBy<K>(fn: ((element: T) => K) & NoPromise<K>): PCollection<KV<K, T>>;
  keyBy<K>(name: string, fn: ((element: T) => K) & NoPromise<K>): PCollection<KV<K, T>>;
  keyBy(fn: (element: T) => PromiseLike<unknown>): ReturnsPromise;
  keyBy(name: string, fn: (element: T) => PromiseLike<unknown>): ReturnsPromise;
  keyBy<K>(fn: (element: T) => K): PCollection<KV<K, T>>;
  keyBy<K>(name: string, fn: (element: T) => K): PCollection<KV<K, T>>;
  keyBy(...args: unknown[]): unknown {
    const [name, fn] = named<[fn: Fn]>(args);
    return this.#each('KeyBy', name, MILLRACE_DO_FN.keyBy, functionEntry(fn), {
      output: { coder: defaultKvCoder(this[PCOLLECTION].coder), coderOrigin: 'default' },
    });
  }

  /** Gives each element the timestamp that `fn` answers, in milliseconds. */
  withTimestamps(fn: (element: T) => Timestamp, options?: TimestampOptions): PCollection<T>;
  withTimestamps(name: string, fn: (element: T) => Timestamp, options?: TimestampOptions): PCollection<T>;
  withTimestamps(...args: unknown[]): PCollection<never> {
    const [name, fn, options = {}] = named<[fn: Fn, options?: TimestampOptions]>(args);
    const { allowedSkewMs } = options;
    return this.#each('WithTimestamps', name, MILLRACE_DO_FN.withTimestamps, functionEntry(fn), {
      output: codedLike(this[PCOLLECTION]),
      ...(allowedSkewMs !== undefined && { doFnPayload: { allowedSkewMs } }),
    });
  }

  /** Puts the elements into windows by their timestamps; groups are made for each window. */
  windowInto(windowFn: WindowFnDescriptor<T>, options?: WindowOptions): PCollection<T>;
  windowInto(name: string, windowFn: WindowFnDescriptor<T>, options?: WindowOptions): PCollection<T>;
  windowInto(...args: unknown[]): PCollection<T> {
    const [name, windowFn, options = {}] = named<[windowFn: WindowFnDescriptor<never>, options?: WindowOptions]>(args);
    return new PCollection(this.pipeline, windowInto(this[PCOLLECTION], name, windowFn, options));
  }

  /** All values of each key and window. The values can be iterated more than once, and are no array. */
  groupByKey<K = NotKeyed, V = unknown>(this: PCollection<KV<K, V>>, name?: string): PCollection<KV<K, Iterable<V>>> {
    return new PCollection(this.pipeline, groupByKey(this[PCOLLECTION], name));
  }

  /**
   * The combination of all values of each key and window. With a `fanout` the values of a key are combined in so many parts
   * first, where few keys have most of the values.
   */
  // Without options first: else the function would be inferred as options in the calls that have a name.
  combinePerKey<V, A, O, K = NotKeyed>(this: PCollection<KV<K, V>>, fn: CodedCombineFn<V, A, O>): PCollection<KV<K, O>>;
  combinePerKey<V, A, O, K = NotKeyed>(
    this: PCollection<KV<K, V>>,
    name: string,
    fn: CodedCombineFn<V, A, O>,
    options?: CombinePerKeyOptions<K>,
  ): PCollection<KV<K, O>>;
  combinePerKey<V, A, O, K = NotKeyed>(
    this: PCollection<KV<K, V>>,
    fn: CodedCombineFn<V, A, O>,
    options: CombinePerKeyOptions<K>,
  ): PCollection<KV<K, O>>;
  combinePerKey(...args: unknown[]): PCollection<never> {
    const [name, fn, options] =
      named<[fn: CodedCombineFn<never, unknown, unknown>, options?: CombinePerKeyOptions<never>]>(args);
    return new PCollection<never>(this.pipeline, combinePerKeyWith(this[PCOLLECTION], name, fn, options));
  }

  /** How many elements each key has in each window. */
  countPerKey<K = NotKeyed, V = unknown>(this: PCollection<KV<K, V>>, name?: string): PCollection<KV<K, number>> {
    return new PCollection(
      this.pipeline,
      combinePerKey(this[PCOLLECTION], name, countFn, { automaticName: 'CountPerKey' }),
    );
  }

  /** How often each element occurs in each window. */
  countPerElement(name?: string): PCollection<KV<T, number>> {
    return composite('CountPerElement', name, this, (input) => input.keyBy('Key', (element) => element).countPerKey());
  }

  /**
   * The combination of all elements of each window. In the global window it is what the function makes of nothing (0 for
   * `sum`) where nothing came, once, when the window ends: unless `defaultValue` is false, or the function can make nothing of
   * nothing (`min`, `max`, `reduce`). Of other windows that are empty nothing comes, and Beam refuses defaults there.
   */
  combineGlobally<A, O>(fn: CodedCombineFn<T, A, O>, options?: CombineGloballyOptions): PCollection<O>;
  combineGlobally<A, O>(name: string, fn: CodedCombineFn<T, A, O>, options?: CombineGloballyOptions): PCollection<O>;
  combineGlobally(...args: unknown[]): PCollection<never> {
    const [name, fn, options = {}] =
      named<[fn: CodedCombineFn<never, unknown, unknown>, options?: CombineGloballyOptions]>(args);
    return composite('CombineGlobally', name, this, (input, step) => {
      const keyed = input.keyBy('Key', () => null);
      const results = combinePerKeyWith(keyed[PCOLLECTION], undefined, fn, options);
      const has = defaultStands(input[PCOLLECTION], fn, options.defaultValue, step);
      const none = () => this.pipeline.create('None', [{ key: null, value: false }], { coder: WHETHER });
      const node = has ? withDefault(results, none()[PCOLLECTION], fn) : results;
      return new PCollection<KV<null, never>>(this.pipeline, node).map('Value', ({ value }) => value);
    });
  }

  /** The elements of this and of the others. */
  flatten<U>(...others: readonly PCollection<U>[]): PCollection<T | U>;
  flatten<U>(name: string, ...others: readonly PCollection<U>[]): PCollection<T | U>;
  flatten(...args: unknown[]): PCollection<never> {
    const [name, ...others] = named<PCollection<unknown>[]>(args);
    const nodes = [this[PCOLLECTION], ...others.map((other) => other[PCOLLECTION])];
    return new PCollection<never>(this.pipeline, flatten(nodes, name));
  }

  /** Spreads the elements evenly over the tasks that follow, so that slow work after a small source runs in parallel. */
  reshuffle(name?: string): PCollection<T> {
    return new PCollection(this.pipeline, reshuffle(this[PCOLLECTION], name));
  }

  /** Reads what each element names: does long work on it, in pieces that may be spread (`splittable`). */
  read<O, R, P>(factory: () => SplittableDoFn<T, O, R, P>, options?: ReadOptions<O>): PCollection<O>;
  read<O, R, P, const Tags extends readonly OutputTag<unknown>[]>(
    name: string,
    factory: () => SplittableDoFn<T, O, R, P>,
    options: ReadOptions<O> & { readonly outputs: Tags },
  ): ParDoOutputs<O, Tags>;
  read<O, R, P>(name: string, factory: () => SplittableDoFn<T, O, R, P>, options?: ReadOptions<O>): PCollection<O>;
  read(...args: unknown[]): unknown {
    const [name, factory, options = {}] = named<ReadArguments<T>>(args);
    const { step, main } = read(this[PCOLLECTION], name, factory, options);
    if (options.outputs === undefined) return new PCollection<never>(this.pipeline, main);
    return Object.fromEntries([...step.outputs].map(([tag, node]) => [tag, new PCollection(this.pipeline, node)]));
  }

  /** Applies a transform made of others; its steps are named below the name of this one. */
  // The order matters: generic transforms are inferred from the first two pairs, mistakes are told by the last.
  apply<Out>(transform: PTransform<PCollection<T>, Out>): Out;
  apply<Out>(name: string, transform: PTransform<PCollection<T>, Out>): Out;
  apply<Out>(expand: (input: PCollection<T>) => Out): Out;
  apply<Out>(name: string, expand: (input: PCollection<T>) => Out): Out;
  apply<Out>(name: string, transform: Transform<PCollection<T>, Out>): Out;
  apply<Out>(transform: Transform<PCollection<T>, Out>): Out;
  apply<Out>(...args: unknown[]): Out {
    const [name, transform] = named<[transform: Transform<PCollection<T>, Out>]>(args);
    return composite(transformName(transform), name, this, (input: PCollection<T>) => expandWith(transform, input));
  }

  /** Says how the elements are encoded where they leave a thread or a process. Call it before they are used. */
  withCoder(coder: Coder<T>): PCollection<T> {
    const node = this[PCOLLECTION];
    const obstacle = coderObstacle(node);
    if (obstacle !== undefined)
      throw planError(PLAN_ERROR.coder, obstacle, {
        step: node.producer.fullName,
        source: node.producer.source,
        hint: 'call withCoder right after the map, parDo or keyBy that makes the elements',
      });
    node.coder = coder as Coder<unknown>;
    node.coderOrigin = 'declared';
    return this;
  }

  #beside(
    verb: Parameters<typeof elementWise>[0],
    name: string | undefined,
    fn: Fn,
    options: SideInputOptions<SideInputs>,
  ): PCollection<never> {
    return new PCollection<never>(this.pipeline, elementWise(verb, this[PCOLLECTION], name, fn, options));
  }

  #each(
    automaticName: string,
    name: string | undefined,
    urn: string,
    fn: FunctionEntry,
    more: Partial<ParDoArguments> = {},
  ): PCollection<never> {
    const { main } = parDo({ input: this[PCOLLECTION], automaticName, name, urn, fn, ...more });
    return new PCollection<never>(this.pipeline, main);
  }
}

/** What belongs to keys can be declared where there are some. */
type NeedsKeys<T, D> = D extends
  | { readonly state: object }
  | { readonly timers: object }
  | { readonly requiresTimeSortedInput: true }
  ? [T] extends [KV<unknown, unknown>]
    ? unknown
    : { readonly state: NotKeyed }
  : unknown;

/** What a ParDo says that its DoFn's type does not depend on. */
type CallOptions<O> = { readonly coder?: Coder<O> } & Pick<ParDoDeclarations, 'requestsFinalization'> & HintOptions;

export interface CombineGloballyOptions {
  /** Whether what the function makes of nothing stands for a global window without elements; true there, when absent. */
  readonly defaultValue?: boolean;
  /** In how many parts the elements of a window are combined first. Not for windows that merge. */
  readonly fanout?: number;
}

export interface TimestampOptions {
  /** How far back a timestamp may be moved; not at all, when absent. */
  readonly allowedSkewMs?: DurationMs;
}

export interface ReadOptions<O> extends HintOptions {
  /** How what is read is encoded. */
  readonly coder?: Coder<O>;
}

type Fn = (...args: never[]) => unknown;
type ElementWiseArguments = [fn: Fn, options?: SideInputOptions<SideInputs>];
type ReadArguments<T> = [
  factory: () => SplittableDoFn<T, unknown, unknown, unknown>,
  options?: ReadOptions<unknown> & { readonly outputs?: readonly OutputTag<unknown>[] },
];

/** Splits the name of the step, which may be left out, from the other arguments of an overloaded verb. */
export function named<Args extends unknown[]>(args: unknown[]): [name: string | undefined, ...args: Args] {
  return (typeof args[0] === 'string' ? args : [undefined, ...args]) as [string | undefined, ...Args];
}
