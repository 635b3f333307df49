import {
  hasEnded,
  SlotNode,
  type StateLayout,
  TriggerNode,
  type TriggerState,
  type TriggerTime,
} from './trigger-node.js';

/** Fires once, when the window has ended. */
export class EndOfWindowTrigger extends TriggerNode {
  readonly asksAtEnd = true;

  onElement(): void {}

  shouldFire(_state: TriggerState, time: TriggerTime): boolean {
    return hasEnded(time);
  }

  onFire(state: TriggerState): void {
    this.setFinished(state, true);
  }

  /** A window that reaches beyond the watermark has its end before it again. */
  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    this.setFinished(into, hasEnded(time) && states.every((state) => this.isFinished(state)));
  }
}

const EARLY = 0;
const LATE = 1;

/**
 * Fires when the window has ended, before that as often as `early` is ready, and after it as often as `late` is. Without
 * `late` it has finished at the end of the window.
 */
export class EarlyAndLateTrigger extends SlotNode {
  readonly asksAtEnd = true;

  constructor(
    layout: StateLayout,
    private readonly early: TriggerNode | undefined,
    private readonly late: TriggerNode | undefined,
    private readonly isMerging: boolean,
  ) {
    super(
      layout,
      EARLY,
      [early, late].filter((part) => part !== undefined),
    );
  }

  /** Where windows merge, either part may come into its own again, and must know of every element of the pane. */
  onElement(state: TriggerState, time: TriggerTime): void {
    const isLate = this.read(state) === LATE;
    if (this.isMerging || !isLate) this.early?.onElement(state, time);
    if (this.isMerging || isLate) this.late?.onElement(state, time);
  }

  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    if (this.read(state) === LATE) return this.late?.shouldFire(state, time) ?? false;
    return hasEnded(time) || (this.early?.shouldFire(state, time) ?? false);
  }

  /** Both parts begin anew with every pane: they are repeated without being asked to. */
  onFire(state: TriggerState, time: TriggerTime): void {
    this.early?.reset(state);
    this.late?.reset(state);
    if (this.read(state) === LATE || !hasEnded(time)) return;
    this.write(state, LATE);
    if (this.late === undefined) this.setFinished(state, true);
  }

  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    this.early?.merge(states, into, time);
    this.late?.merge(states, into, time);
    if (!hasEnded(time) || states.some((state) => this.read(state) === EARLY)) return;
    this.write(into, LATE);
    if (this.late === undefined) this.setFinished(into, true);
  }

  override instantAfter(state: TriggerState, after: number): number {
    const part = this.read(state) === LATE ? this.late : this.early;
    return part?.instantAfter(state, after) ?? Number.POSITIVE_INFINITY;
  }

  /** The phase is no part of the pane. */
  override clear(state: TriggerState): void {
    for (const part of this.parts) part.clear(state);
  }
}
