import type { Coder } from '../model/coder.js';
import type { SplittableDoFn } from '../model/splittable.js';
import { Graph } from './graph.js';
import { named, PCollection, type ReadOptions } from './pcollection.js';
import { PCOLLECTION, PIPELINE } from './plan-nodes.js';
import { expandWith, type PTransform, type Transform, transformName } from './ptransform.js';
import { composite } from './verbs/composite.js';
import { create, impulse } from './verbs/create.js';
import { read } from './verbs/read.js';

/** The pipeline that a builder fills: where sources are applied. */
export class Pipeline {
  readonly [PIPELINE] = new Graph();

  /** Applies a source, or any transform that begins with the pipeline itself. */
  apply<Out>(transform: PTransform<Pipeline, Out>): Out;
  apply<Out>(name: string, transform: PTransform<Pipeline, Out>): Out;
  apply<Out>(expand: (pipeline: Pipeline) => Out): Out;
  apply<Out>(name: string, expand: (pipeline: Pipeline) => Out): Out;
  apply<Out>(name: string, transform: Transform<Pipeline, Out>): Out;
  apply<Out>(transform: Transform<Pipeline, Out>): Out;
  apply<Out>(...args: unknown[]): Out {
    const [name, transform] = named<[transform: Transform<Pipeline, Out>]>(args);
    return composite(transformName(transform), name, this as Pipeline, (input) => expandWith(transform, input));
  }

  /** One empty element at the beginning of time. */
  impulse(name?: string): PCollection<Uint8Array> {
    return new PCollection(this, impulse(this[PIPELINE], name));
  }

  /** The given values: `p.create([1, 2, 3])`. Up to 64 KB stand in the plan, more is made again where it is needed. */
  create<T>(values: readonly T[], options?: CreateOptions<T>): PCollection<T>;
  create<T>(name: string, values: readonly T[], options?: CreateOptions<T>): PCollection<T>;
  create<T>(...args: unknown[]): PCollection<T> {
    const [name, values, options = {}] = named<[values: readonly T[], options?: CreateOptions<T>]>(args);
    return composite('Create', name, this as Pipeline, () => createIn(this, values, options));
  }

  /**
   * Reads from a source: `element` says what (a file name, a subscription), and is the element of the splittable DoFn
   * that the factory makes for each task.
   */
  read<I, O, R, P>(
    name: string,
    factory: () => SplittableDoFn<I, O, R, P>,
    element: I,
    options: ReadOptions<O> & { readonly elementCoder?: Coder<I> } = {},
  ): PCollection<O> {
    return composite('Read', name, this as Pipeline, () => {
      const { elementCoder } = options;
      const elements = this.create('Element', [element], elementCoder === undefined ? {} : { coder: elementCoder });
      return new PCollection<O>(this, read(elements[PCOLLECTION], 'Read', factory, options).main);
    });
  }
}

export interface CreateOptions<T> {
  /** How the values are encoded; the lossless coder when absent. */
  readonly coder?: Coder<T>;
  /** Parallel to the values, in milliseconds; the beginning of time when absent. */
  readonly timestamps?: readonly number[];
}

/** The steps of a Create, directly in the step that is being made. */
export function createIn<T>(pipeline: Pipeline, values: readonly T[], options: CreateOptions<T>): PCollection<T> {
  return new PCollection<T>(pipeline, create(pipeline[PIPELINE], { values, ...options }));
}
