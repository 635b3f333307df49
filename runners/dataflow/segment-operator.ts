import type { Batch, Segment } from '../kernel/index.js';
import { Finalisers } from './finalisers.js';
import type { Operator } from './operator.js';

/** A fused segment as an operator: all that is to be done is in the kernel. */
export class SegmentOperator implements Operator {
  readonly hasBundles: boolean;
  private readonly finalisers = new Finalisers();

  constructor(private readonly segment: Segment) {
    this.hasBundles = segment.hasBundles;
  }

  setup(): Promise<void> {
    return this.segment.setup();
  }
  get bundleFull(): boolean {
    return this.segment.bundleFull;
  }
  get hasRest(): boolean {
    return this.hasBundles && this.segment.hasRest;
  }
  startBundle(): void | Promise<void> {
    return this.segment.startBundle();
  }
  process(batch: Batch, from: number): number {
    return this.segment.process(batch, from);
  }
  resume(): boolean {
    return this.segment.resume();
  }
  finishBundle(): void | Promise<void> {
    return this.segment.finishBundle();
  }
  onBarrier(epoch: number, _stop: boolean, oldest: number): number {
    for (const callback of this.segment.takeCallbacks()) this.finalisers.add(callback);
    this.finalisers.close(epoch);
    return oldest;
  }
  finalise(epoch: number): Promise<void> {
    return this.finalisers.run(epoch);
  }
  teardown(): Promise<void> {
    return this.segment.teardown();
  }
}
