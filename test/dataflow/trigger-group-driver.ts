import {
  type BoundedWindow,
  type CombineFn,
  fixedWindows,
  MAX_TIMESTAMP,
  NO_FIRING_PANE,
  type PaneInfo,
  type TriggerSpec,
  type WindowFnDescriptor,
  type WindowingStrategySpec,
} from 'millrace';
import { iterableCoder, keyIdentity, stringUtf8Coder, valueCoder } from 'millrace/coders';
import { GroupCoding } from '#millrace/runners/dataflow/group-coding.js';
import { collectAccumulatingValues, collectValues } from '#millrace/runners/dataflow/group-spec.js';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { TriggerGroupOperator } from '#millrace/runners/dataflow/trigger-group-operator.js';
import {
  Batch,
  OutputBuffer,
  OutputGate,
  readSnapshots,
  type TaskSnapshot,
  takeSnapshot,
  type WindowMerger,
  windowAssigner,
  windowMerger,
} from '#millrace/runners/kernel/index.js';
import { kernelHost } from '../support/kernel-host.js';

export interface DriverOptions {
  readonly windowFn: WindowFnDescriptor;
  readonly windowing: Partial<WindowingStrategySpec> & Pick<WindowingStrategySpec, 'trigger'>;
  /** Elements that the output takes at a time. */
  readonly room?: number;
  readonly clock?: VirtualClock;
  readonly combineFn?: CombineFn<unknown, unknown, unknown>;
  readonly merger?: WindowMerger;
}

export interface Pane {
  readonly key: string;
  readonly values: readonly unknown[];
  readonly timestamp: number;
  readonly window: BoundedWindow;
  readonly pane: PaneInfo;
  /** The watermark that had been handed on before. */
  readonly after: number;
}

/** Drives the grouping by hand: elements, watermarks and processing time, one at a time. */
export class TriggerGroupDriver {
  readonly clock: VirtualClock;
  readonly operator: TriggerGroupOperator;
  readonly panes: Pane[] = [];
  /** What was handed on. */
  watermark = Number.NEGATIVE_INFINITY;
  dropped = 0;
  wakes = 0;
  private readonly gate = new OutputGate();
  private readonly output: OutputBuffer;
  private readonly assigner;

  constructor(options: DriverOptions) {
    const { windowFn, windowing, room = 2 } = options;
    this.clock = options.clock ?? new VirtualClock(1_000);
    this.assigner = windowAssigner(windowFn.spec);
    this.output = new OutputBuffer(false, { accept: (batch) => this.accept(batch) }, this.gate, room);
    const spec: WindowingStrategySpec = {
      windowFn: windowFn.spec,
      mergeStatus: windowFn.isMerging ? 'NEEDS_MERGE' : 'NON_MERGING',
      windowCoderId: 'window',
      accumulationMode: 'DISCARDING',
      outputTime: 'END_OF_WINDOW',
      closingBehavior: 'EMIT_IF_NONEMPTY',
      onTimeBehavior: 'FIRE_ALWAYS',
      allowedLatenessMs: 0,
      assignsToOneWindow: windowFn.assignsToOneWindow,
      ...windowing,
    };
    const collect = spec.accumulationMode === 'ACCUMULATING' ? collectAccumulatingValues : collectValues;
    this.operator = new TriggerGroupOperator({
      combineFn: options.combineFn ?? (collect as unknown as CombineFn<unknown, unknown, unknown>),
      precombined: false,
      identity: keyIdentity(stringUtf8Coder()),
      makeTable: () => {
        throw new Error('no tables here');
      },
      coding: new GroupCoding(stringUtf8Coder(), iterableCoder(valueCoder())),
      step: { name: 'group', source: undefined },
      windowing: spec,
      ports: [this.output],
      gate: this.gate,
      droppedLate: {
        inc: (by = 1) => {
          this.dropped += by;
        },
      },
      clock: this.clock,
      wake: () => {
        this.wakes++;
      },
      merger: windowFn.isMerging ? (options.merger ?? windowMerger(windowFn.spec, kernelHost)) : undefined,
    });
  }

  private accept(batch: Batch): boolean {
    for (let i = 0; i < batch.length; i++) {
      const { key, value } = batch.valueAt(i) as { key: string; value: Iterable<unknown> };
      this.panes.push({
        key,
        values: typeof value === 'object' ? [...value] : [value],
        timestamp: batch.timestamps[i]!,
        window: batch.windowsAt(i) as BoundedWindow,
        pane: batch.paneAt(i),
        after: this.watermark,
      });
    }
    return false;
  }

  /** An element; its value is its timestamp unless it is given. */
  put(key: string, timestamp: number, value: unknown = timestamp): this {
    const batch = new Batch(true);
    batch.keys![0] = key;
    batch.append(value, timestamp, this.assigner.assign(timestamp), NO_FIRING_PANE);
    this.settle();
    for (let from = 0; from < 1; ) {
      this.gate.blocked = false;
      from = this.operator.process(batch, from);
    }
    return this.settle();
  }

  advance(watermark: number): this {
    this.operator.onWatermark(watermark);
    return this.settle();
  }

  end(): this {
    return this.advance(MAX_TIMESTAMP);
  }

  pass(byMs: number): this {
    this.clock.advance(byMs);
    return this.settle();
  }

  settle(): this {
    do this.gate.blocked = false;
    while (!this.operator.resume());
    this.output.flush();
    this.watermark = Math.max(this.watermark, this.operator.outputWatermark());
    return this;
  }

  snapshot(): TaskSnapshot {
    this.settle();
    return takeSnapshot(this.operator);
  }

  restore(snapshots: readonly TaskSnapshot[], owns?: (keyGroup: number) => boolean): this {
    this.operator.restore(readSnapshots(snapshots, owns));
    return this;
  }

  /** Panes since the last call, as text: `key [start,end)@timestamp TIMING index/nonSpeculative flags: values`. */
  take(): string[] {
    return this.panes.splice(0).map(describePane);
  }
}

export function describePane({ key, values, timestamp, window, pane }: Pane): string {
  const bounds = window.start < -1e15 ? 'global' : `[${window.start},${window.end})`;
  const at = timestamp === window.maxTimestamp ? '' : `@${timestamp}`;
  const flags = `${pane.isFirst ? ' first' : ''}${pane.isLast ? ' last' : ''}`;
  const numbers = `${pane.timing} ${pane.index}/${pane.nonSpeculativeIndex}${flags}`;
  const sorted = [...values].sort((a, b) => Number(a) - Number(b));
  return `${key} ${bounds}${at} ${numbers}: ${sorted.join(',')}`;
}

/** Fixed windows of ten under a trigger, unless something else is said; the output takes one element at a time. */
export function drive(
  trigger: TriggerSpec,
  windowing: Partial<WindowingStrategySpec> = {},
  windowFn: WindowFnDescriptor = fixedWindows(10),
): TriggerGroupDriver {
  return new TriggerGroupDriver({ windowFn, windowing: { trigger, ...windowing }, room: 1 });
}
