type Run = () => void | Promise<void>;

/** What is to be run when the epoch in which it was asked for is acknowledged: in order, each once. */
export class Finalisers {
  /** Of the epoch in progress. */
  private current: Run[] = [];
  private readonly closed: { readonly epoch: number; readonly runs: readonly Run[] }[] = [];

  add(run: Run): void {
    this.current.push(run);
  }

  /** A barrier has come: what was added belongs to its epoch. */
  close(epoch: number): void {
    if (this.current.length === 0) return;
    this.closed.push({ epoch, runs: this.current });
    this.current = [];
  }

  /** All epochs up to this one are acknowledged. */
  async run(epoch: number): Promise<void> {
    while (this.closed.length > 0 && this.closed[0]!.epoch <= epoch) {
      for (const run of this.closed.shift()!.runs) await run();
    }
  }
}
