import type { TriggerSpec } from '../../../sdk/model/index.js';
import {
  AfterAllTrigger,
  AfterAnyTrigger,
  AfterEachTrigger,
  OrFinallyTrigger,
  RepeatTrigger,
} from './composite-triggers.js';
import { EarlyAndLateTrigger, EndOfWindowTrigger } from './end-of-window-trigger.js';
import {
  AlwaysTrigger,
  DefaultTrigger,
  ElementCountTrigger,
  NeverTrigger,
  ProcessingTimeTrigger,
} from './simple-triggers.js';
import { NO_INSTANT, StateLayout, type TriggerNode, type TriggerState, type TriggerTime } from './trigger-node.js';

/**
 * Decides when a window fires, as Beam's triggers do. It has no clock and keeps nothing: what it knows of a key and a window
 * is in a state that it is handed with every call. Whoever drives it tells it of elements, firings and merges, and asks
 * after every element, when the watermark has passed the end of the window (where `asksAtEnd`), and when processing time
 * has come to `instantAfter`. Between these nothing becomes ready.
 */
export class TriggerMachine {
  private readonly root: TriggerNode;
  private readonly initial: TriggerState;
  /** Whether the end of the window may make it ready. */
  readonly asksAtEnd: boolean;
  /** Whether it ever waits for an instant of processing time. */
  readonly usesProcessingTime: boolean;

  constructor(spec: TriggerSpec, isMerging: boolean) {
    const layout = new StateLayout();
    this.root = nodeOf(spec, layout, isMerging);
    this.initial = [...new Array<number>(layout.nodes).fill(0), ...layout.initial];
    this.asksAtEnd = this.root.asksAtEnd;
    this.usesProcessingTime = layout.usesProcessingTime;
  }

  /** How many numbers a state is. */
  get stateLength(): number {
    return this.initial.length;
  }

  /** The state of a window that has seen nothing. */
  begin(): TriggerState {
    return this.initial.slice();
  }

  onElement(state: TriggerState, time: TriggerTime): void {
    this.root.onElement(state, time);
  }

  /** Whether the window fires now. Not asked of a trigger that has finished. */
  shouldFire(state: TriggerState, time: TriggerTime): boolean {
    return this.root.shouldFire(state, time);
  }

  /** The window fires: only where it should. */
  onFire(state: TriggerState, time: TriggerTime): void {
    this.root.onFire(state, time);
  }

  /** It will never fire again. */
  isFinished(state: TriggerState): boolean {
    return this.root.isFinished(state);
  }

  /** The state of the window that others become; `time` has the end of that one. */
  merge(states: readonly TriggerState[], time: TriggerTime): TriggerState {
    const into = this.begin();
    this.root.merge(states, into, time);
    return into;
  }

  /** The first instant of processing time after `after` that may make it ready; infinite where there is none. */
  instantAfter(state: TriggerState, after: number): number {
    return this.usesProcessingTime ? this.root.instantAfter(state, after) : NO_INSTANT;
  }
}

/** What came to be at an instant is complete a moment later: upstream has fired all that was due then. */
const SYNCHRONIZED = [{ kind: 'delay', delayMs: 1 }] as const;

function nodeOf(spec: TriggerSpec, layout: StateLayout, isMerging: boolean): TriggerNode {
  const node = (part: TriggerSpec): TriggerNode => nodeOf(part, layout, isMerging);
  switch (spec.kind) {
    case 'default':
      return new DefaultTrigger(layout);
    case 'always':
      return new AlwaysTrigger(layout);
    case 'never':
      return new NeverTrigger(layout);
    case 'elementCount':
      return new ElementCountTrigger(layout, spec.count);
    case 'afterProcessingTime':
      return new ProcessingTimeTrigger(layout, spec.timestampTransforms);
    case 'afterSynchronizedProcessingTime':
      return new ProcessingTimeTrigger(layout, SYNCHRONIZED);
    case 'afterEndOfWindow': {
      const { earlyFirings, lateFirings } = spec;
      if (earlyFirings === undefined && lateFirings === undefined) return new EndOfWindowTrigger(layout);
      const early = earlyFirings === undefined ? undefined : node(earlyFirings);
      const late = lateFirings === undefined ? undefined : node(lateFirings);
      return new EarlyAndLateTrigger(layout, early, late, isMerging);
    }
    case 'afterAll':
      return new AfterAllTrigger(layout, spec.subtriggers.map(node));
    case 'afterAny':
      return new AfterAnyTrigger(layout, spec.subtriggers.map(node));
    case 'afterEach':
      return new AfterEachTrigger(layout, spec.subtriggers.map(node), isMerging);
    case 'orFinally':
      return new OrFinallyTrigger(layout, node(spec.main), node(spec.finally));
    case 'repeat':
      return new RepeatTrigger(layout, node(spec.subtrigger));
  }
}
