import { MillraceError } from '../model/errors.js';
import type { RestrictionTracker } from '../model/splittable.js';

/** The positions from `from` on, up to but without `to`: whole numbers (bytes, records, numbers of a sequence). */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** Stands for the end of a range that has none. */
export const NO_END = Number.MAX_SAFE_INTEGER;

/** Guards a range of offsets that are claimed in ascending order, not necessarily all of them. */
export class OffsetRangeTracker implements RestrictionTracker<OffsetRange, number> {
  #range: OffsetRange;
  #lastClaimed: number | undefined;
  /** The last position asked for, claimed or not: work up to there is done. */
  #lastAttempted: number | undefined;

  constructor(range: OffsetRange) {
    const { from, to } = range;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to)
      throw new MillraceError('RESTRICTION_INVALID', 'function', `[${from}, ${to}) is no range of offsets`);
    this.#range = { from, to };
  }

  tryClaim(position: number): boolean {
    this.#attempt(position);
    if (position >= this.#range.to) return false;
    this.#lastClaimed = position;
    return true;
  }

  tryClaimUpTo(position: number): number | undefined {
    const next = this.#next();
    this.#attempt(position);
    const last = Math.min(position, this.#range.to - 1);
    if (last < next) return undefined;
    this.#lastClaimed = last;
    return last;
  }

  /** Cuts off the given fraction's rest of what is not claimed; a position already claimed stays with the primary. */
  trySplit(fractionOfRemainder: number): OffsetRange | undefined {
    const { from, to } = this.#range;
    // With nothing claimed yet, everything may go.
    const next = this.#next();
    const end = this.knownEnd();
    // An end that is not known, or that claims have reached, leaves nothing of which there could be a fraction.
    if (fractionOfRemainder > 0 && (end === undefined || end <= next)) return undefined;
    const keep = end === undefined ? 0 : Math.ceil((end - next) * fractionOfRemainder);
    const cut = next + Math.max(0, keep);
    if (cut >= to) return undefined;
    this.#range = { from, to: cut };
    return { from: cut, to };
  }

  remainder(): OffsetRange | undefined {
    const { to } = this.#range;
    const next = this.#next();
    return next < to ? { from: next, to } : undefined;
  }

  currentRestriction(): OffsetRange {
    return this.#range;
  }

  progress(): { readonly completed: number; readonly remaining: number } {
    const { from, to } = this.#range;
    const next = Math.min(this.#next(), to);
    return { completed: next - from, remaining: Math.max(0, (this.knownEnd() ?? to) - next) };
  }

  checkDone(): void {
    const { from, to } = this.#range;
    const attempted = this.#lastAttempted;
    if (from === to || (attempted !== undefined && attempted >= to - 1)) return;
    throw new MillraceError(
      'RESTRICTION_UNFINISHED',
      'function',
      `the work is said to be done, but of [${from}, ${to}) it asked for ${attempted === undefined ? 'nothing' : `no more than ${attempted}`}: [${attempted === undefined ? from : attempted + 1}, ${to}) was not attempted`,
      { hint: 'claim every position before it is emitted, and go on until a claim is refused' },
    );
  }

  /** The end that fractions are taken of; undefined where there is none. */
  protected knownEnd(): number | undefined {
    const { to } = this.#range;
    return to === NO_END ? undefined : to;
  }

  #next(): number {
    return this.#lastClaimed === undefined ? this.#range.from : this.#lastClaimed + 1;
  }

  #attempt(position: number): void {
    const next = this.#next();
    if (!Number.isSafeInteger(position) || position < next)
      throw new MillraceError(
        'RESTRICTION_ORDER',
        'function',
        `offset ${position} is claimed, ${next} or more must come next`,
      );
    this.#lastAttempted = position;
  }
}
