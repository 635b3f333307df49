import type { OutputPort } from '../kernel/index.js';

/** Counts the elements of a PCollection that leaves a stage nowhere, or that a source has read. */
export class CountPort implements OutputPort {
  readonly keyed = false;
  count = 0;

  push(): void {
    this.count++;
  }

  pushKeyed(): void {
    this.count++;
  }

  flush(): void {}
}
