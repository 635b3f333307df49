import type { TimestampTransform } from '../../../sdk/model/index.js';
import {
  hasEnded,
  NO_INSTANT,
  SlotNode,
  type StateLayout,
  TriggerNode,
  type TriggerState,
  type TriggerTime,
} from './trigger-node.js';

/** Ready whenever the window has ended: when that happens, and at every late element. */
export class DefaultTrigger extends TriggerNode {
  readonly asksAtEnd = true;
  onElement(): void {}
  shouldFire(_state: TriggerState, time: TriggerTime): boolean {
    return hasEnded(time);
  }
  onFire(): void {}
  merge(): void {}
}

/** Ready whenever it is asked. */
export class AlwaysTrigger extends TriggerNode {
  readonly asksAtEnd = true;
  onElement(): void {}
  shouldFire(): boolean {
    return true;
  }
  onFire(): void {}
  merge(): void {}
}

/** Leaves it to the closing of the window. */
export class NeverTrigger extends TriggerNode {
  readonly asksAtEnd = false;
  onElement(): void {}
  shouldFire(): boolean {
    return false;
  }
  onFire(): void {}
  merge(): void {}
}

export class ElementCountTrigger extends SlotNode {
  readonly asksAtEnd = false;

  constructor(
    layout: StateLayout,
    private readonly count: number,
  ) {
    super(layout, 0);
  }

  onElement(state: TriggerState): void {
    this.write(state, this.read(state) + 1);
  }

  shouldFire(state: TriggerState): boolean {
    return this.read(state) >= this.count;
  }

  onFire(state: TriggerState): void {
    this.clear(state);
    this.setFinished(state, true);
  }

  /** A window in which there were enough makes it finished in the merged one; otherwise all elements count. */
  merge(states: readonly TriggerState[], into: TriggerState): void {
    if (states.some((state) => this.isFinished(state))) {
      this.setFinished(into, true);
      return;
    }
    let count = 0;
    for (const state of states) count += this.read(state);
    this.write(into, count);
  }
}

/** Ready at an instant of processing time that follows from when the first element of the pane came. */
export class ProcessingTimeTrigger extends SlotNode {
  readonly asksAtEnd = false;

  constructor(
    layout: StateLayout,
    private readonly transforms: readonly TimestampTransform[],
  ) {
    super(layout, NO_INSTANT);
    layout.usesProcessingTime = true;
  }

  onElement(state: TriggerState, time: TriggerTime): void {
    if (this.read(state) === NO_INSTANT) this.write(state, instantOf(time.now, this.transforms));
  }

  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return time.now >= this.read(state);
  }

  onFire(state: TriggerState): void {
    this.clear(state);
    this.setFinished(state, true);
  }

  /** What still waits somewhere is waited for; the earliest instant counts. */
  merge(states: readonly TriggerState[], into: TriggerState): void {
    if (states.every((state) => this.isFinished(state))) {
      this.setFinished(into, true);
      return;
    }
    let first = NO_INSTANT;
    for (const state of states) first = Math.min(first, this.read(state));
    this.write(into, first);
  }

  override instantAfter(state: TriggerState, after: number): number {
    const instant = this.read(state);
    return instant > after ? instant : NO_INSTANT;
  }
}

/** Applies the transforms in order. Alignment is to the next of the instants `offset + n·period`, or the very instant. */
export function instantOf(arrival: number, transforms: readonly TimestampTransform[]): number {
  let instant = arrival;
  for (const transform of transforms) {
    if (transform.kind === 'delay') instant += transform.delayMs;
    else {
      const into = (instant - transform.offsetMs) % transform.periodMs;
      if (into !== 0) instant += into < 0 ? -into : transform.periodMs - into;
    }
  }
  return instant;
}
