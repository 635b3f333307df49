import { coderFromSpec, decodeFromBytes } from '../../sdk/coders/index.js';
import {
  BEAM_TRANSFORM,
  type Coder,
  MAX_TIMESTAMP,
  type Plan,
  type TestStreamEvent,
  type TestStreamPayload,
  type TransformSpec,
  timestampFromJson,
} from '../../sdk/model/index.js';
import type { VirtualClock } from './clock.js';
import type { Task } from './task.js';
import type { TestElement, TestStreamOperator } from './test-stream-operator.js';

/** The steps of a plan that are test streams. */
export function testStreamsIn(plan: Plan): TransformSpec[] {
  return Object.values(plan.components.transforms).filter(({ spec }) => spec?.urn === BEAM_TRANSFORM.testStream);
}

export interface TestStreamPlayerParts {
  readonly plan: Plan;
  readonly payload: TestStreamPayload;
  readonly clock: VirtualClock;
  readonly streams: readonly TestStreamOperator[];
  /** All tasks of the dataflow. */
  readonly tasks: readonly Task[];
  /** Work beside the tasks that is going on just now, such as finalisers; whoever ends it wakes the scheduler. */
  readonly isBusy: () => boolean;
}

/**
 * Plays a test stream: its next event comes when the dataflow is quiescent. Asked whenever no task has anything to do and
 * the event loop has had its turn since, so that promises which had settled have woken whom they concern.
 *
 * Why this is exact. All tasks are in this thread, and each is ready, or waits for one of these:
 * - a frame from another task, or room in its channel: that task is among those that are asked here;
 * - a promise of its own (a bundle that is opened or closed, a call, a reader or a restriction that is being made, the
 *   next record of a bounded source): `isBusy` says so, nothing is done, and its end wakes the scheduler;
 * - the clock, which stands still: what is due by now rings before the next event, what is due later is not part of this one;
 * - the closing of a bundle, whose age is counted by that clock: open bundles are closed here, round by round, because what
 *   `finishBundle` emits may open others, until a round closes none;
 * - the next record of an unbounded source: that comes from outside, and may never come. It is not waited for, unless the
 *   reader says that it is at work (a value that is loaded again).
 * So when none of these is left but the last, nothing that the event before has caused is still to come.
 *
 * After the last event every output comes to the end of time, and from then on time passes by itself: the clock goes from
 * one alarm to the next, so that a retry or a source with a rate comes to its end.
 */
export class TestStreamPlayer {
  private next = 0;
  private ended = false;
  private readonly events: readonly TestStreamEvent[];
  private readonly coder: Coder<unknown>;

  constructor(private readonly parts: TestStreamPlayerParts) {
    const { events, coderId } = parts.payload;
    this.events = events;
    this.coder = coderFromSpec(coderId, parts.plan.components.coders);
  }

  /** Leaves out what has not happened yet, but for the end. */
  drain(): void {
    this.next = this.events.length;
  }

  /** True when something was done that may give the tasks work; false when there is something to wait for. */
  goOn(): boolean {
    const { clock, tasks, streams } = this.parts;
    if (this.parts.isBusy() || tasks.some((task) => task.isBusy)) return false;
    let closing = false;
    for (const task of tasks) if (task.closeBundleNow()) closing = true;
    if (closing) return true;
    const alarm = clock.next();
    if (alarm !== undefined && alarm <= clock.now()) {
      clock.advance(0);
      return true;
    }
    if (!this.ended && !streams.some((stream) => stream.isStopped)) {
      const event = this.events[this.next++];
      if (event === undefined) this.end();
      else this.play(event);
      return true;
    }
    if (alarm === undefined) return false;
    clock.advance(alarm - clock.now());
    return true;
  }

  private end(): void {
    this.ended = true;
    for (const stream of this.parts.streams) stream.advance(MAX_TIMESTAMP);
  }

  private play(event: TestStreamEvent): void {
    switch (event.kind) {
      case 'elements':
        this.streamOf(event.tag).add(event.elements.map((element) => this.decode(element)));
        return;
      case 'watermark':
        this.streamOf(event.tag).advance(timestampFromJson(event.timestamp));
        return;
      case 'processingTime':
        this.parts.clock.advance(event.advanceMs);
    }
  }

  private streamOf(tag: string | undefined): TestStreamOperator {
    const { streams } = this.parts;
    const stream = tag === undefined ? streams[0] : streams.find((each) => each.tag === tag);
    if (stream === undefined) throw new Error(`the test stream has no output '${tag}'`);
    return stream;
  }

  private decode({
    encoded,
    timestamp,
  }: {
    readonly encoded: string;
    readonly timestamp: number | string;
  }): TestElement {
    const bytes = new Uint8Array(Buffer.from(encoded, 'base64'));
    return { value: decodeFromBytes(this.coder, bytes), timestamp: timestampFromJson(timestamp) };
  }
}
