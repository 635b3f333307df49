import { decodeFromBytes, encodeToBytes } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import type { RestrictionTracker } from '../model/splittable.js';
import { compareBags, isEqual } from './equal.js';
import { seededRandom } from './seeded-random.js';

export interface TrackerCheck<R, P> {
  newTracker(restriction: R): RestrictionTracker<R, P>;
  /** Of a few positions each; one without any is worth a try. */
  readonly restrictions: readonly R[];
  /** All positions of a restriction that can be claimed, in the order in which they are; a restriction without an end may stop somewhere. */
  positions(restriction: R): Iterable<P>;
  /** Restrictions go through it where it is given, as between two workers. */
  readonly restrictionCoder?: Coder<R>;
  /** How many times each restriction is worked through, in other ways; 100 when absent. */
  readonly runs?: number;
  readonly seed?: number;
}

/**
 * Works through restrictions in many ways, with claims, splits and looks at what is left between them, and throws where a
 * tracker does not keep its promises: a position is granted when it belongs to the restriction and only then; a split
 * leaves primary and residual that are together what was there, with all claims in the primary; what is left is the
 * restriction less the claims; work is done when everything was claimed and not before; and over all pieces every
 * position is claimed once.
 */
export function checkRestrictionTracker<R, P>(check: TrackerCheck<R, P>): void {
  const { restrictions, runs = 100, seed = 1 } = check;
  for (const restriction of restrictions) {
    for (let run = 0; run < runs; run++) {
      const walk = new TrackerWalk(check, seededRandom(seed + run));
      try {
        walk.all(restriction);
      } catch (error) {
        const how = `restriction ${JSON.stringify(restriction)}, seed ${seed + run}: ${walk.history.join(', ')}`;
        throw new MillraceError('TRACKER_BROKEN', 'function', `the restriction tracker failed (${how})`, {
          cause: error,
        });
      }
    }
  }
}

class TrackerWalk<R, P> {
  readonly history: string[] = [];

  constructor(
    private readonly check: TrackerCheck<R, P>,
    private readonly random: () => number,
  ) {}

  /** A restriction and everything that is split off from it. */
  all(restriction: R): void {
    const waiting: R[] = [restriction];
    const claimed: P[] = [];
    for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop())
      claimed.push(...this.piece(this.sent(piece), waiting));
    this.same('positions claimed over all pieces', this.list(restriction), claimed);
  }

  private piece(restriction: R, waiting: R[]): P[] {
    const tracker = this.check.newTracker(restriction);
    this.same(
      'the current restriction of a new tracker',
      this.list(restriction),
      this.list(tracker.currentRestriction()),
    );
    const claimed: P[] = [];
    for (;;) {
      if (this.random() < 0.3) {
        const residual = this.split(tracker, claimed);
        if (residual !== undefined) waiting.push(residual);
      }
      this.lookAround(tracker, claimed);
      const next = this.list(tracker.currentRestriction())[claimed.length];
      if (next === undefined) break;
      this.history.push(`claim ${JSON.stringify(next)}`);
      if (!tracker.tryClaim(next))
        throw new Error(`${JSON.stringify(next)} belongs to the restriction and was refused`);
      claimed.push(next);
    }
    const beyond = this.list(restriction)[claimed.length];
    if (beyond !== undefined && this.random() < 0.5 && tracker.tryClaim(beyond))
      throw new Error(`${JSON.stringify(beyond)} was cut off and was granted all the same`);
    tracker.checkDone();
    return claimed;
  }

  private split(tracker: RestrictionTracker<R, P>, claimed: readonly P[]): R | undefined {
    const whole = this.list(tracker.currentRestriction());
    const fraction = this.random() < 0.4 ? 0 : this.random();
    const residual = tracker.trySplit(fraction);
    this.history.push(`split ${fraction}${residual === undefined ? ' (none)' : ''}`);
    if (residual === undefined) {
      if (fraction === 0 && claimed.length < whole.length)
        throw new Error('nothing was cut off, and something is left that was not claimed');
      return undefined;
    }
    const primary = this.list(tracker.currentRestriction());
    this.same('primary and residual together', whole, [...primary, ...this.list(residual)]);
    this.same('claims in the primary', claimed, primary.slice(0, claimed.length));
    if (fraction === 0) this.same('the primary of a split at once', claimed, primary);
    return residual;
  }

  /** What may be asked at any time, and changes nothing. */
  private lookAround(tracker: RestrictionTracker<R, P>, claimed: readonly P[]): void {
    const before = tracker.currentRestriction();
    const whole = this.list(before);
    if (tracker.remainder !== undefined) {
      const left = tracker.remainder();
      this.same('what is left', whole.slice(claimed.length), left === undefined ? [] : this.list(left));
    }
    const { completed, remaining } = tracker.progress();
    if (!(completed >= 0 && remaining >= 0)) throw new Error(`progress: ${completed} done, ${remaining} left`);
    if (whole.length > claimed.length && remaining === 0) throw new Error('progress: nothing left, and something is');
    if (whole.length > claimed.length && isDone(tracker))
      throw new Error(`done, with ${whole.length - claimed.length} positions not asked for`);
    if (!isEqual(before, tracker.currentRestriction())) throw new Error('looking at the tracker has changed it');
  }

  private list(restriction: R): P[] {
    return [...this.check.positions(restriction)];
  }

  private sent(restriction: R): R {
    const { restrictionCoder: coder } = this.check;
    return coder === undefined ? restriction : decodeFromBytes(coder, encodeToBytes(coder, restriction));
  }

  private same(what: string, expected: readonly P[], actual: readonly P[]): void {
    const { missing, unexpected } = compareBags(expected, actual);
    if (missing.length === 0 && unexpected.length === 0) return;
    throw new Error(`${what}: missing ${JSON.stringify(missing)}, too many ${JSON.stringify(unexpected)}`);
  }
}

function isDone<R, P>(tracker: RestrictionTracker<R, P>): boolean {
  try {
    tracker.checkDone();
    return true;
  } catch {
    return false;
  }
}
