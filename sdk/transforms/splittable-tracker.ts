import type { KV } from '../model/coder.js';
import type { RestrictionTracker } from '../model/splittable.js';
import type { WatermarkEstimator } from './watermark-estimators.js';

/** A restriction with the state of the watermark estimator that goes on with it; null where the work is fresh. */
export type EstimatedRestriction<R> = KV<R, unknown>;

/** The author's tracker as a runner sees it: what is cut off carries the estimator's state. */
export class SplittableTracker<R, P> implements RestrictionTracker<EstimatedRestriction<R>, P> {
  #tracker: RestrictionTracker<R, P>;
  readonly #initialState: unknown;
  /** Set by whoever works on the restriction. */
  estimator: WatermarkEstimator | undefined;
  /** Whether `process` has been called for what the tracker guards, and has not returned. */
  isAtWork = false;
  /** All was cut off while nobody was at work on it. */
  isEmptied = false;
  readonly tryClaimUpTo?: (position: P) => P | undefined;
  readonly remainder?: () => EstimatedRestriction<R> | undefined;

  constructor(tracker: RestrictionTracker<R, P>, state: unknown) {
    this.#tracker = tracker;
    this.#initialState = state;
    if (tracker.tryClaimUpTo !== undefined) this.tryClaimUpTo = (position) => this.#tracker.tryClaimUpTo!(position);
    if (tracker.remainder !== undefined) this.remainder = () => this.#withState(this.#tracker.remainder!());
  }

  /** As the author made it. */
  get authors(): RestrictionTracker<R, P> {
    return this.#tracker;
  }

  get state(): unknown {
    return this.estimator === undefined ? this.#initialState : this.estimator.state();
  }

  /** The work goes on with what was left of it. */
  goOnWith(tracker: RestrictionTracker<R, P>): void {
    this.#tracker = tracker;
  }

  tryClaim(position: P): boolean {
    return this.#tracker.tryClaim(position);
  }

  trySplit(fractionOfRemainder: number): EstimatedRestriction<R> | undefined {
    const residual = this.#withState(this.#tracker.trySplit(fractionOfRemainder));
    if (residual !== undefined && fractionOfRemainder === 0 && !this.isAtWork) this.isEmptied = true;
    return residual;
  }

  currentRestriction(): EstimatedRestriction<R> {
    return { key: this.#tracker.currentRestriction(), value: this.state };
  }

  progress(): { readonly completed: number; readonly remaining: number } {
    return this.#tracker.progress();
  }

  checkDone(): void {
    if (!this.isEmptied) this.#tracker.checkDone();
  }

  #withState(restriction: R | undefined): EstimatedRestriction<R> | undefined {
    return restriction === undefined ? undefined : { key: restriction, value: this.state };
  }
}
