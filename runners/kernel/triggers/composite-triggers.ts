import { NO_INSTANT, type StateLayout, TriggerNode, type TriggerState, type TriggerTime } from './trigger-node.js';

abstract class CompositeTrigger extends TriggerNode {
  readonly asksAtEnd: boolean;

  constructor(layout: StateLayout, parts: readonly TriggerNode[]) {
    super(layout, parts);
    this.asksAtEnd = parts.some((part) => part.asksAtEnd);
  }

  onElement(state: TriggerState, time: TriggerTime): void {
    for (const part of this.parts) if (!part.isFinished(state)) part.onElement(state, time);
  }

  protected mergeParts(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    for (const part of this.parts) part.merge(states, into, time);
  }
}

/** Fires once, when all of its parts are ready. */
export class AfterAllTrigger extends CompositeTrigger {
  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return this.parts.every((part) => part.isFinished(state) || part.shouldFire(state, time));
  }

  onFire(state: TriggerState, time: TriggerTime): void {
    for (const part of this.parts) if (!part.isFinished(state)) part.onFire(state, time);
    this.setFinished(state, true);
  }

  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    this.mergeParts(states, into, time);
    this.setFinished(
      into,
      this.parts.every((part) => part.isFinished(into)),
    );
  }
}

/** Fires once, when one of its parts is ready. */
export class AfterAnyTrigger extends CompositeTrigger {
  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return this.parts.some((part) => part.isFinished(state) || part.shouldFire(state, time));
  }

  onFire(state: TriggerState, time: TriggerTime): void {
    for (const part of this.parts) {
      if (!part.isFinished(state) && part.shouldFire(state, time)) part.onFire(state, time);
      else part.clear(state);
    }
    this.setFinished(state, true);
  }

  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    this.mergeParts(states, into, time);
    this.setFinished(
      into,
      this.parts.some((part) => part.isFinished(into)),
    );
  }
}

/** Fires as the first of its parts does until that has finished, then as the next one does. */
export class AfterEachTrigger extends CompositeTrigger {
  constructor(
    layout: StateLayout,
    parts: readonly TriggerNode[],
    private readonly isMerging: boolean,
  ) {
    super(layout, parts);
  }

  private current(state: TriggerState): TriggerNode | undefined {
    return this.parts.find((part) => !part.isFinished(state));
  }

  /** Where windows merge, a part that has finished or not begun may be the current one of the merged window. */
  override onElement(state: TriggerState, time: TriggerTime): void {
    if (this.isMerging) for (const part of this.parts) part.onElement(state, time);
    else this.current(state)?.onElement(state, time);
  }

  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return this.current(state)?.shouldFire(state, time) ?? false;
  }

  onFire(state: TriggerState, time: TriggerTime): void {
    const current = this.current(state);
    current?.onFire(state, time);
    if (this.isMerging) for (const part of this.parts) if (part !== current) part.clear(state);
    this.setFinished(state, this.current(state) === undefined);
  }

  /** What comes after a part that has not finished has not begun. */
  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    for (const part of this.parts) {
      part.merge(states, into, time);
      if (!part.isFinished(into)) return;
    }
    this.setFinished(into, true);
  }

  override instantAfter(state: TriggerState, after: number): number {
    return this.current(state)?.instantAfter(state, after) ?? NO_INSTANT;
  }
}

/** Fires as `main` does, and a last time when `until` is ready. */
export class OrFinallyTrigger extends CompositeTrigger {
  constructor(
    layout: StateLayout,
    private readonly main: TriggerNode,
    private readonly until: TriggerNode,
  ) {
    super(layout, [main, until]);
  }

  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return this.main.shouldFire(state, time) || this.until.shouldFire(state, time);
  }

  /** `until` looks at all elements since it began: a firing of `main` is nothing to it. */
  onFire(state: TriggerState, time: TriggerTime): void {
    if (this.until.shouldFire(state, time)) {
      this.until.onFire(state, time);
      // Also where it is one that would go on.
      this.until.setFinished(state, true);
      this.main.clear(state);
    } else {
      this.main.onFire(state, time);
    }
    this.update(state);
  }

  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    this.mergeParts(states, into, time);
    this.update(into);
  }

  private update(state: TriggerState): void {
    this.setFinished(state, this.main.isFinished(state) || this.until.isFinished(state));
  }
}

/** Begins anew whenever its part has finished. */
export class RepeatTrigger extends CompositeTrigger {
  constructor(
    layout: StateLayout,
    private readonly part: TriggerNode,
  ) {
    super(layout, [part]);
  }

  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return this.part.shouldFire(state, time);
  }

  onFire(state: TriggerState, time: TriggerTime): void {
    this.part.onFire(state, time);
    if (this.part.isFinished(state)) this.part.reset(state);
  }

  merge(states: readonly TriggerState[], into: TriggerState, time: TriggerTime): void {
    this.mergeParts(states, into, time);
  }
}
