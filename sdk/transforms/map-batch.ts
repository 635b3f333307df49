import type { DoFn, FinishBundleContext, ProcessContext } from '../model/do-fn.js';
import { MillraceError } from '../model/errors.js';
import type { Timestamp } from '../model/time.js';
import type { BoundedWindow } from '../model/window.js';
import type { PCollection } from '../pipeline/pcollection.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';

export interface MapBatchOptions {
  /** Elements in one call at most; fewer where a bundle ends. 1,000 when absent. */
  readonly batchSize?: number;
}

/**
 * Maps elements many at a time, for functions to which a call costs more than an element: `fn` gets elements of one window
 * and answers a result for each, in their order. What comes out keeps the times and windows, and goes on when the bundle
 * ends. To batch the values of a key over bundles, use `groupIntoBatches`.
 */
export function mapBatch<T, O>(
  fn: (elements: readonly T[]) => readonly O[],
  options: MapBatchOptions = {},
): PTransform<PCollection<T>, PCollection<O>> {
  const { batchSize = 1_000 } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw planError(PLAN_ERROR.argument, `batchSize is ${batchSize}, not a whole number from 1 on`);
  return { name: 'MapBatch', expand: (input) => input.parDo('Map', () => new MapBatchFn(fn, batchSize)) };
}

/** The elements of one window that wait for their call. */
interface Batch<T> {
  readonly window: BoundedWindow;
  elements: T[];
  timestamps: Timestamp[];
}

interface Mapped<O> {
  readonly value: O;
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
}

class MapBatchFn<T, O> implements DoFn<T, O> {
  /** By start, end and id of the window. */
  #open = new Map<string, Batch<T>>();
  #last: Batch<T> | undefined;
  /** Kept until the bundle ends, because an element may not move time back in the call for a later one. */
  #mapped: Mapped<O>[] = [];

  constructor(
    private readonly fn: (elements: readonly T[]) => readonly O[],
    private readonly batchSize: number,
  ) {}

  startBundle(): void {
    this.#open = new Map();
    this.#last = undefined;
    this.#mapped = [];
  }

  process(element: T, { window, timestamp }: ProcessContext<O>): void {
    const batch = this.#last?.window === window ? this.#last : this.#batchOf(window);
    batch.elements.push(element);
    batch.timestamps.push(timestamp);
    if (batch.elements.length === this.batchSize) this.#call(batch);
  }

  finishBundle(context: FinishBundleContext<O>): void {
    for (const batch of this.#open.values()) this.#call(batch);
    for (const { value, timestamp, window } of this.#mapped) context.output(value, timestamp, window);
    this.#mapped = [];
  }

  #batchOf(window: BoundedWindow): Batch<T> {
    const id = JSON.stringify([window.start, window.end, window.id]);
    let batch = this.#open.get(id);
    if (batch === undefined) {
      batch = { window, elements: [], timestamps: [] };
      this.#open.set(id, batch);
    }
    this.#last = batch;
    return batch;
  }

  #call(batch: Batch<T>): void {
    const { window, elements, timestamps } = batch;
    if (elements.length === 0) return;
    batch.elements = [];
    batch.timestamps = [];
    const results = this.fn(elements);
    if (!Array.isArray(results) || results.length !== elements.length)
      throw new MillraceError(
        'BATCH_LENGTH',
        'function',
        `the function got ${elements.length} elements and answered ${Array.isArray(results) ? `${results.length} results` : 'no array'}`,
        { hint: 'answer a result for each element, in their order' },
      );
    for (const [i, value] of results.entries()) this.#mapped.push({ value, timestamp: timestamps[i]!, window });
  }
}
