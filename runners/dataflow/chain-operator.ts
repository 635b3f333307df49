import type { Timestamp } from '../../sdk/model/index.js';
import type { Batch, Segment, SnapshotReader, SnapshotWriter } from '../kernel/index.js';
import { Finalisers } from './finalisers.js';
import type { GroupOperator } from './group-operator.js';
import type { Operator, PollOutcome } from './operator.js';
import type { PrecombineOperator } from './precombine-operator.js';
import type { SessionPrecombineOperator } from './session-precombine-operator.js';
import type { SourceOperator } from './source-operator.js';

/** An operator that a chain may end in: it takes every element at once. */
export type FoldOperator = GroupOperator | PrecombineOperator | SessionPrecombineOperator;

/**
 * Operators of one task with no queue between them: a source or nothing, a segment, and the groupings that its elements
 * are folded into. What a source emits goes through all of the steps before the next element is made, so that most
 * elements die young. Markers take the same way: to the source first, to the groupings last.
 */
export class ChainOperator implements Operator {
  readonly hasBundles: boolean;
  private readonly finalisers = new Finalisers();
  /** Only with a source. */
  poll: (() => PollOutcome) | undefined;
  isIdle: (() => boolean) | undefined;
  outputWatermark: (() => Timestamp) | undefined;

  constructor(
    readonly source: SourceOperator | undefined,
    private readonly segment: Segment,
    private readonly folds: readonly FoldOperator[],
  ) {
    this.hasBundles = segment.hasBundles;
    if (source === undefined) return;
    this.poll = () => source.poll();
    this.isIdle = () => source.isIdle();
    this.outputWatermark = () => source.outputWatermark();
  }

  get mayEmit(): boolean {
    return this.source?.mayEmit ?? false;
  }

  get isBusy(): boolean {
    return this.source?.isBusy ?? false;
  }

  /** Elements that the source has emitted. */
  get polled(): number {
    return this.source?.polled ?? 0;
  }

  async setup(): Promise<void> {
    await this.source?.setup();
    await this.segment.setup();
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
    return this.source === undefined ? this.segment.process(batch, from) : this.source.process(batch, from);
  }

  resume(): boolean {
    if (this.source?.resume() === false || !this.segment.resume()) return false;
    for (const fold of this.folds) if (!fold.resume()) return false;
    return true;
  }

  finishBundle(): void | Promise<void> {
    return this.segment.finishBundle();
  }

  onWatermark(timestamp: Timestamp): void {
    this.source?.onWatermark(timestamp);
  }

  onOutputWatermark(timestamp: Timestamp): void {
    for (const fold of this.folds) fold.onWatermark(timestamp);
  }

  beforeBarrier(): void {
    for (const fold of this.folds) if ('beforeBarrier' in fold) fold.beforeBarrier();
  }

  onBarrier(epoch: number, stop: boolean, oldest: number): number {
    const read = this.source?.onBarrier(epoch, stop, oldest) ?? oldest;
    for (const callback of this.segment.takeCallbacks()) this.finalisers.add(callback);
    this.finalisers.close(epoch);
    let emitted = read;
    for (const fold of this.folds)
      if ('onBarrier' in fold) emitted = Math.min(emitted, fold.onBarrier(epoch, stop, read));
    return emitted;
  }

  async finalise(epoch: number): Promise<void> {
    await this.source?.finalise(epoch);
    await this.finalisers.run(epoch);
  }

  oldestHeldEpoch(): number | undefined {
    let oldest = this.source?.oldestHeldEpoch();
    for (const fold of this.folds) {
      const held = 'oldestHeldEpoch' in fold ? fold.oldestHeldEpoch() : undefined;
      if (held !== undefined && (oldest === undefined || held < oldest)) oldest = held;
    }
    return oldest;
  }

  /** Groupings of one kind write parts of one name: each has names of its own here. */
  snapshot(to: SnapshotWriter): void {
    this.source?.snapshot(to);
    for (const [i, fold] of this.folds.entries())
      fold.snapshot({ part: (name, version) => to.part(`${i}/${name}`, version) });
  }

  restore(from: SnapshotReader): void {
    this.source?.restore(from);
    for (const [i, fold] of this.folds.entries())
      fold.restore({ part: (name, version) => from.part(`${i}/${name}`, version) });
  }

  /** Both, also when one fails; the first error is thrown. */
  async teardown(): Promise<void> {
    try {
      await this.source?.teardown();
    } finally {
      await this.segment.teardown();
    }
  }
}
