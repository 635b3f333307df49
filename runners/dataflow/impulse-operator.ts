import { GlobalWindow, MAX_TIMESTAMP, MIN_TIMESTAMP, NO_FIRING_PANE, type Timestamp } from '../../sdk/model/index.js';
import { NO_KEY_GROUP, type OutputPort, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';
import type { Marker } from './channel.js';
import type { Operator, PollOutcome } from './operator.js';

/** Written down when the element has been emitted. */
const PART = 'impulse';
const VERSION = 1;

/**
 * Emits one empty element, and time's end. It stays until the pipeline ends, because the barriers of all that follows
 * enter here.
 */
export class ImpulseOperator implements Operator {
  private emitted = false;
  private readonly injected: Marker[] = [];
  /** Set by the task that runs it. */
  passOn: (marker: Marker) => void = () => {};

  constructor(
    private readonly ports: readonly OutputPort[],
    private readonly isFirst: boolean,
  ) {}

  process(): number {
    throw new Error('an impulse has no input');
  }

  resume(): boolean {
    return true;
  }

  /** Lets a barrier or the end into the dataflow. */
  inject(marker: Marker): void {
    this.injected.push(marker);
  }

  poll(): PollOutcome {
    if (!this.emitted) {
      this.emitted = true;
      // Of parallel impulses only the first one speaks.
      if (this.isFirst)
        for (const port of this.ports)
          port.push(new Uint8Array(0), MIN_TIMESTAMP, GlobalWindow.INSTANCE, NO_FIRING_PANE);
      return 'progress';
    }
    const marker = this.injected.shift();
    if (marker === undefined) return 'idle';
    this.passOn(marker);
    return 'progress';
  }

  snapshot(to: SnapshotWriter): void {
    if (this.emitted) to.part(PART, VERSION).entry(NO_KEY_GROUP, (sink) => sink.byte(1));
  }

  restore(from: SnapshotReader): void {
    for (const _entry of from.part(PART, VERSION)) this.emitted = true;
  }

  outputWatermark(): Timestamp {
    return this.emitted ? MAX_TIMESTAMP : MIN_TIMESTAMP;
  }
}
