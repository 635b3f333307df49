import { NO_END, type OffsetRange, OffsetRangeTracker } from './offset-range.js';

/**
 * Guards a range of offsets whose end is still growing (a log, a queue): `to` is {@link NO_END}, and `estimateEnd` says
 * where it would end if nothing were added any more. A split lies before that estimate, so both parts hold something; the
 * residual has the growing end. Ranges with an end are guarded as by an {@link OffsetRangeTracker}.
 */
export class GrowableOffsetRangeTracker extends OffsetRangeTracker {
  readonly #estimateEnd: () => number;

  constructor(range: OffsetRange, estimateEnd: () => number) {
    super(range);
    this.#estimateEnd = estimateEnd;
  }

  protected override knownEnd(): number | undefined {
    const { to } = this.currentRestriction();
    return to === NO_END ? Math.min(this.#estimateEnd(), NO_END) : to;
  }
}
