import type { Timestamp } from '../../../sdk/model/index.js';

/**
 * What a trigger remembers of one key and window: for each of its nodes whether that has finished (0 or 1), then one number
 * for each node that counts, waits for an instant, or has phases. Plain data, always of the same length for one trigger.
 */
export type TriggerState = number[];

/** Where time stands when a trigger is told or asked something. */
export interface TriggerTime {
  /** Event time: nothing before it is expected any more. */
  readonly watermark: Timestamp;
  /** Processing time in milliseconds since the epoch. */
  readonly now: number;
  /** The last instant of the window. */
  readonly windowEnd: Timestamp;
}

export const NO_INSTANT = Number.POSITIVE_INFINITY;

/** Deals out places in the state while the nodes of a trigger are made. */
export class StateLayout {
  nodes = 0;
  /** Whether a node waits for instants of processing time. */
  usesProcessingTime = false;
  readonly initial: number[] = [];

  node(): number {
    return this.nodes++;
  }

  /** The number of a slot; where it stands in the state is known when all nodes are. */
  slot(initial: number): number {
    this.initial.push(initial);
    return this.initial.length - 1;
  }
}

/** One trigger in the tree of a composed one. It keeps nothing itself: all that it remembers is in the state. */
export abstract class TriggerNode {
  private readonly place: number;

  constructor(
    protected readonly layout: StateLayout,
    readonly parts: readonly TriggerNode[] = [],
  ) {
    this.place = layout.node();
  }

  /** Whether the end of the window may make it ready. */
  abstract readonly asksAtEnd: boolean;

  abstract onElement(state: TriggerState, time: TriggerTime): void;
  /** Only asked of a trigger that has not finished. */
  abstract shouldFire(state: TriggerState, time: TriggerTime): boolean;
  /** The window has fired, and this trigger has a part in it. */
  abstract onFire(state: TriggerState, time: TriggerTime): void;
  /** Makes of the states of windows that merge that of the one they become, in `into`, which is new. */
  abstract merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void;

  /** The first instant of processing time after `after` that may make it ready. */
  instantAfter(state: TriggerState, after: number): number {
    let first = NO_INSTANT;
    for (const part of this.parts) {
      const instant = part.instantAfter(state, after);
      if (instant < first) first = instant;
    }
    return first;
  }

  isFinished(state: TriggerState): boolean {
    return state[this.place] === 1;
  }

  setFinished(state: TriggerState, finished: boolean): void {
    state[this.place] = finished ? 1 : 0;
  }

  /** Forgets the pane that was being waited for; what has finished stays so. */
  clear(state: TriggerState): void {
    for (const part of this.parts) part.clear(state);
  }

  /** Begins anew. */
  reset(state: TriggerState): void {
    state[this.place] = 0;
    for (const part of this.parts) part.reset(state);
  }
}

/** A node that keeps a number of its own. */
export abstract class SlotNode extends TriggerNode {
  private readonly slot: number;

  constructor(
    layout: StateLayout,
    private readonly initial: number,
    parts: readonly TriggerNode[] = [],
  ) {
    super(layout, parts);
    this.slot = layout.slot(initial);
  }

  protected read(state: TriggerState): number {
    return state[this.layout.nodes + this.slot]!;
  }

  protected write(state: TriggerState, value: number): void {
    state[this.layout.nodes + this.slot] = value;
  }

  override clear(state: TriggerState): void {
    this.write(state, this.initial);
    super.clear(state);
  }

  override reset(state: TriggerState): void {
    this.write(state, this.initial);
    super.reset(state);
  }
}

/** Whether the watermark has passed the window. */
export function hasEnded(time: TriggerTime): boolean {
  return time.watermark > time.windowEnd;
}
