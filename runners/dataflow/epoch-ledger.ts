/** Counts what is held by the epoch in which it came, so that the oldest epoch still held is known at any barrier. */
export class EpochLedger {
  /** The epoch in progress: one more than that of the last barrier. */
  current = 1;
  /** epoch → cells held; in ascending order of epoch, because epochs only grow. */
  private readonly held = new Map<number, number>();

  add(): number {
    this.held.set(this.current, (this.held.get(this.current) ?? 0) + 1);
    return this.current;
  }

  remove(epoch: number, count = 1): void {
    const left = this.held.get(epoch)! - count;
    if (left === 0) this.held.delete(epoch);
    else this.held.set(epoch, left);
  }

  oldest(): number | undefined {
    let oldest: number | undefined;
    for (const epoch of this.held.keys()) if (oldest === undefined || epoch < oldest) oldest = epoch;
    return oldest;
  }
}
