import { kvCoder, nullableCoder, valueCoder } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import type { DoFnContext } from '../model/do-fn.js';
import type { RestrictionTracker, SourceContext, SourceReader, SplittableDoFn } from '../model/splittable.js';
import type { SplittableFn } from './splittable-fn.js';
import { SplittableReader } from './splittable-reader.js';
import { type EstimatedRestriction, SplittableTracker } from './splittable-tracker.js';
import type { WatermarkEstimator } from './watermark-estimators.js';

/**
 * Makes a source of a splittable function, to be read from: `words.read('letters', () => splittable(new Letters()))` works
 * on every element of a PCollection, `p.read('letters', () => splittable(new Letters()), 'millrace')` on one.
 */
export function splittable<I, O, R, P, E extends WatermarkEstimator = WatermarkEstimator>(
  fn: SplittableFn<I, O, R, P, E>,
): SplittableDoFn<I, O, EstimatedRestriction<R>, P> {
  return new SplittableSource(fn);
}

class SplittableSource<I, O, R, P, E extends WatermarkEstimator>
  implements SplittableDoFn<I, O, EstimatedRestriction<R>, P>
{
  readonly isBounded: boolean;
  readonly restrictionCoder: Coder<EstimatedRestriction<R>>;
  readonly requestsFinalization: boolean;
  readonly truncate?: (element: I, restriction: EstimatedRestriction<R>) => EstimatedRestriction<R> | undefined;

  constructor(private readonly fn: SplittableFn<I, O, R, P, E>) {
    this.isBounded = fn.isBounded ?? true;
    this.requestsFinalization = fn.requestsFinalization ?? false;
    const state: Coder<unknown> = (fn.watermarkEstimator?.stateCoder as Coder<unknown> | undefined) ?? valueCoder();
    this.restrictionCoder = kvCoder(fn.restrictionCoder ?? valueCoder<R>(), nullableCoder(state));
    if (fn.truncate !== undefined)
      this.truncate = (element, { key, value }) => {
        const left = fn.truncate!(element, key);
        return left === undefined ? undefined : { key: left, value };
      };
  }

  setup(context: DoFnContext): void | Promise<void> {
    return this.fn.setup?.(context);
  }

  teardown(): void | Promise<void> {
    return this.fn.teardown?.();
  }

  async initialRestriction(element: I): Promise<EstimatedRestriction<R>> {
    return { key: await this.fn.initialRestriction(element), value: null };
  }

  async split(
    element: I,
    restriction: EstimatedRestriction<R>,
    parts: number,
  ): Promise<readonly EstimatedRestriction<R>[]> {
    const { key, value } = restriction;
    const pieces = await this.fn.split?.(element, key, parts);
    return pieces?.map((piece) => ({ key: piece, value })) ?? [restriction];
  }

  size(element: I, { key }: EstimatedRestriction<R>): number {
    return this.fn.size?.(element, key) ?? this.fn.newTracker(key).progress().remaining;
  }

  newTracker({ key, value }: EstimatedRestriction<R>): SplittableTracker<R, P> {
    return new SplittableTracker(this.fn.newTracker(key), value);
  }

  open(element: I, tracker: RestrictionTracker<EstimatedRestriction<R>, P>, context: SourceContext): SourceReader<O> {
    const own = tracker as SplittableTracker<R, P>;
    const { watermarkEstimator } = this.fn;
    let estimator: E | undefined;
    if (watermarkEstimator !== undefined) {
      const state = own.state as Parameters<typeof watermarkEstimator.create>[0] | null;
      const begin = { watermark: context.initialWatermark, now: () => context.now() };
      estimator = watermarkEstimator.create(state ?? undefined, begin);
      own.estimator = estimator;
    }
    return new SplittableReader(this.fn, element, own, context, estimator);
  }
}
