import { valueCoder } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import type { Timestamp } from '../model/time.js';

/** Says of the work on one element how far it has come in event time. Its state goes on with what is left of the work. */
export interface WatermarkEstimator<S = unknown> {
  /** No output before this instant will come; never goes back. */
  currentWatermark(): Timestamp;
  /** What an estimator of the rest of the work is made from. */
  state(): S;
  /** Called with the timestamp of every output. */
  observe?(timestamp: Timestamp): void;
}

type StateOf<E> = E extends WatermarkEstimator<infer S> ? S : never;

/** Makes the estimators of a splittable function. */
export interface WatermarkEstimators<E extends WatermarkEstimator> {
  readonly stateCoder: Coder<StateOf<E>>;
  /** @param state of an earlier estimator of the same work; undefined where the work is fresh */
  create(state: StateOf<E> | undefined, begin: EstimatorBegin): E;
}

export interface EstimatorBegin {
  /** The watermark that holds before anything was done. */
  readonly watermark: Timestamp;
  /** Processing time in milliseconds since the epoch. */
  now(): number;
}

/** The watermark that the function sets. */
export class ManualWatermarkEstimator implements WatermarkEstimator<Timestamp> {
  #watermark: Timestamp;

  constructor(watermark: Timestamp) {
    this.#watermark = watermark;
  }

  /** Outputs before this instant are late from now on. */
  setWatermark(timestamp: Timestamp): void {
    if (!(timestamp >= this.#watermark))
      throw new MillraceError(
        'WATERMARK_BACKWARDS',
        'function',
        `the watermark stands at ${this.#watermark} and was set back to ${timestamp}`,
        { hint: 'set it to the least timestamp that is still to come, which never falls' },
      );
    this.#watermark = timestamp;
  }

  currentWatermark(): Timestamp {
    return this.#watermark;
  }

  state(): Timestamp {
    return this.#watermark;
  }
}

/** The greatest timestamp of the outputs: for work whose timestamps rise. An output before an earlier one is late. */
export class MonotonicWatermarkEstimator implements WatermarkEstimator<Timestamp> {
  #watermark: Timestamp;

  constructor(watermark: Timestamp) {
    this.#watermark = watermark;
  }

  observe(timestamp: Timestamp): void {
    if (timestamp > this.#watermark) this.#watermark = timestamp;
  }

  currentWatermark(): Timestamp {
    return this.#watermark;
  }

  state(): Timestamp {
    return this.#watermark;
  }
}

/** Processing time: for work whose outputs carry the time at which they are made. */
export class WallTimeWatermarkEstimator implements WatermarkEstimator<Timestamp> {
  #watermark: Timestamp;
  readonly #now: () => number;

  constructor(watermark: Timestamp, now: () => number) {
    this.#watermark = watermark;
    this.#now = now;
  }

  currentWatermark(): Timestamp {
    this.#watermark = Math.max(this.#watermark, this.#now());
    return this.#watermark;
  }

  state(): Timestamp {
    return this.#watermark;
  }
}

/** `context.watermarkEstimator.setWatermark(timestamp)` says how far the work has come. */
export const manualWatermark = (): WatermarkEstimators<ManualWatermarkEstimator> =>
  estimators((watermark) => new ManualWatermarkEstimator(watermark));

/** The watermark follows the timestamps of the outputs, which must rise. */
export const monotonicWatermark = (): WatermarkEstimators<MonotonicWatermarkEstimator> =>
  estimators((watermark) => new MonotonicWatermarkEstimator(watermark));

/** The watermark is processing time. */
export const wallTimeWatermark = (): WatermarkEstimators<WallTimeWatermarkEstimator> =>
  estimators((watermark, now) => new WallTimeWatermarkEstimator(watermark, now));

/** Of estimators whose whole state is their watermark. */
function estimators<E extends WatermarkEstimator<Timestamp>>(
  make: (watermark: Timestamp, now: () => number) => E,
): WatermarkEstimators<E> {
  return {
    stateCoder: valueCoder<StateOf<E>>(),
    create: (state, { watermark, now }) => make(state === undefined ? watermark : (state as Timestamp), now),
  };
}
