/** What was not read by a source that commits: whoever starts again has it again. */
export const NEVER_COMMITTED = Number.POSITIVE_INFINITY;

/**
 * Counts what is held by the epoch in which it came, so that at any barrier it is known what a source may commit. What
 * comes from an operator that held it for some time was read in an earlier epoch than it came in: barriers tell how early.
 */
export class EpochLedger {
  /** The epoch in progress: one more than that of the last barrier. */
  private current = 1;
  /** epoch → what came in it and is held. */
  private readonly held = new Map<number, number>();
  /** Epoch of what is held → the oldest in which any of it was read; known when the epoch's barrier has passed. */
  private readonly origins = new Map<number, number>();
  /** The oldest in which any of what was let go of since the last barrier was read. */
  private released = NEVER_COMMITTED;

  /** Something is held: answers what to say when it is let go of. `epoch`: that of what it is a part of. */
  add(epoch = this.current): number {
    this.held.set(epoch, (this.held.get(epoch) ?? 0) + 1);
    return epoch;
  }

  remove(epoch: number, count = 1): void {
    this.released = Math.min(this.released, this.originOf(epoch));
    const left = this.held.get(epoch)! - count;
    if (left > 0) {
      this.held.set(epoch, left);
      return;
    }
    this.held.delete(epoch);
    this.origins.delete(epoch);
  }

  /** What came in two epochs is held as one from now on: answers the epoch of the older of them. */
  join(a: number, b: number): number {
    const older = this.originOf(a) < this.originOf(b) || (this.originOf(a) === this.originOf(b) && a < b) ? a : b;
    this.remove(older === a ? b : a);
    return older;
  }

  /** The oldest epoch in which anything that is held was read by a source that commits. */
  oldest(): number | undefined {
    let oldest = NEVER_COMMITTED;
    for (const epoch of this.held.keys()) oldest = Math.min(oldest, this.originOf(epoch));
    return oldest === NEVER_COMMITTED ? undefined : oldest;
  }

  /**
   * The barrier of an epoch passes, behind elements of which the oldest was read in epoch `oldest`; answers the same of
   * what was emitted. An element may have joined any of what is held, and what is held may have been emitted already: both
   * are taken to be as old as they can be.
   */
  pass(epoch: number, oldest: number): number {
    for (const held of this.held.keys())
      this.origins.set(held, Math.min(this.origins.get(held) ?? NEVER_COMMITTED, oldest));
    const emitted = Math.min(oldest, this.released, this.oldest() ?? oldest);
    this.released = NEVER_COMMITTED;
    this.current = epoch + 1;
    return emitted;
  }

  /** Of what came since the last barrier it is not known: no earlier than the next one tells. */
  private originOf(epoch: number): number {
    return this.origins.get(epoch) ?? NEVER_COMMITTED;
  }
}
