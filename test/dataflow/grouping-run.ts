import {
  type BoundedWindow,
  type CombineFn,
  MAX_TIMESTAMP,
  NO_FIRING_PANE,
  type TriggerSpec,
  type WindowFnDescriptor,
  type WindowingStrategySpec,
} from 'millrace';
import { double, int64, iterableCoder, keyIdentity, stringUtf8Coder, struct, valueCoder } from 'millrace/coders';
import { GroupCoding } from '#millrace/runners/dataflow/group-coding.js';
import { collectAccumulatingValues, collectValues, type GroupSpec } from '#millrace/runners/dataflow/group-spec.js';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import type { Operator } from '#millrace/runners/dataflow/operator.js';
import { SessionGroupOperator } from '#millrace/runners/dataflow/session-group-operator.js';
import { SliceGroupOperator } from '#millrace/runners/dataflow/slice-group-operator.js';
import { TriggerGroupOperator } from '#millrace/runners/dataflow/trigger-group-operator.js';
import { WindowGroupOperator } from '#millrace/runners/dataflow/window-group-operator.js';
import {
  accumulatorLayout,
  Batch,
  keyTables,
  OutputBuffer,
  OutputGate,
  readSnapshots,
  takeSnapshot,
  windowAssigner,
  windowMerger,
} from '#millrace/runners/kernel/index.js';
import { kernelHost as host } from '../support/kernel-host.js';

type Event =
  | { readonly key: string; readonly after: number }
  | { readonly watermarkBy: number }
  | { readonly timeBy: number };

/** After so many events all is written down, and so many owners go on. */
interface Cut {
  readonly at: number;
  readonly owners: 1 | 2;
}

export type Form = 'slice' | 'window' | 'session' | 'trigger';

export interface Scenario {
  readonly form: Form;
  readonly windowFn: WindowFnDescriptor;
  readonly trigger: TriggerSpec;
  readonly outputTime: WindowingStrategySpec['outputTime'];
  readonly latenessMs: number;
  readonly accumulating: boolean;
  readonly combine: 'collect' | 'struct';
  readonly events: readonly Event[];
}

export const keyCoder = stringUtf8Coder();

export const structCoder = struct({ count: int64(), sum: double() });

export const averages: CombineFn<number, { count: number; sum: number }, string> = {
  createAccumulator: () => ({ count: 0, sum: 0 }),
  addInput: (accumulator, value) => {
    accumulator.count++;
    accumulator.sum += value;
    return accumulator;
  },
  mergeAccumulators: (accumulator, other) => {
    accumulator.count += other.count;
    accumulator.sum += other.sum;
    return accumulator;
  },
  extractOutput: ({ count, sum }) => `${sum}/${count}`,
};

/** One owner: the operator of a task with what is around it. */
export class Owner {
  readonly lines: string[] = [];
  dropped = 0;
  readonly operator: Operator;
  private readonly gate = new OutputGate();
  private readonly output: OutputBuffer;

  constructor(
    { form, windowFn, trigger, outputTime, latenessMs, accumulating, combine }: Scenario,
    clock: VirtualClock,
  ) {
    this.output = new OutputBuffer(false, { accept: (batch) => this.accept(batch) }, this.gate, 2);
    const collect = accumulating ? collectAccumulatingValues : collectValues;
    const combineFn = (combine === 'struct' ? averages : collect) as unknown as CombineFn<unknown, unknown, unknown>;
    const accumulatorCoder = combine === 'struct' ? structCoder : iterableCoder(valueCoder());
    const layout = accumulatorLayout(accumulatorCoder);
    const step = { name: 'group', source: undefined };
    const parts = { combineFn, layout, keyCoder: keyCoder, step, form: 'compiled' as const, owner: host };
    const spec: GroupSpec = {
      combineFn,
      precombined: false,
      identity: keyIdentity(keyCoder),
      makeTable: keyTables({ ...parts, inputs: 'values' }),
      coding: new GroupCoding(keyCoder, accumulatorCoder),
      step,
      windowing: {
        windowFn: windowFn.spec,
        mergeStatus: windowFn.isMerging ? 'NEEDS_MERGE' : 'NON_MERGING',
        windowCoderId: 'window',
        trigger,
        accumulationMode: accumulating ? 'ACCUMULATING' : 'DISCARDING',
        outputTime,
        closingBehavior: 'EMIT_IF_NONEMPTY',
        onTimeBehavior: 'FIRE_ALWAYS',
        allowedLatenessMs: latenessMs,
        assignsToOneWindow: windowFn.assignsToOneWindow,
      },
      ports: [this.output],
      gate: this.gate,
      droppedLate: {
        inc: (by = 1) => {
          this.dropped += by;
        },
      },
    };
    const merger = windowFn.isMerging ? windowMerger(windowFn.spec, host) : undefined;
    if (form === 'slice') this.operator = new SliceGroupOperator(spec);
    else if (form === 'window') this.operator = new WindowGroupOperator(spec);
    else if (form === 'session') this.operator = new SessionGroupOperator(spec);
    else this.operator = new TriggerGroupOperator({ ...spec, clock, wake() {}, merger });
  }

  private accept(batch: Batch): boolean {
    for (let i = 0; i < batch.length; i++) {
      const { key, value } = batch.valueAt(i) as { key: string; value: unknown };
      const { start, end } = batch.windowsAt(i) as BoundedWindow;
      const { timing, index, nonSpeculativeIndex, isFirst, isLast } = batch.paneAt(i);
      const values = typeof value === 'string' ? value : [...(value as Iterable<number>)].sort((a, b) => a - b).join();
      const pane = [timing, index, nonSpeculativeIndex, isFirst, isLast].join('/');
      this.lines.push(`${key} [${start},${end})@${batch.timestamps[i]} ${pane}: ${values}`);
    }
    return false;
  }

  put(key: string, value: number, at: number, windows: Parameters<Batch['append']>[2]): void {
    this.settle();
    const batch = new Batch(true);
    batch.keys![0] = key;
    batch.append(value, at, windows, NO_FIRING_PANE);
    this.operator.process(batch, 0);
    this.settle();
  }

  advance(watermark: number): void {
    this.operator.onWatermark!(watermark);
    this.settle();
  }

  settle(): void {
    do this.gate.blocked = false;
    while (!this.operator.resume());
    this.output.flush();
  }
}

/** Keys of even groups belong to the first of two owners. */
const coding = new GroupCoding(keyCoder, valueCoder());

const ownerOf = (keyGroup: number, owners: number): number => (owners === 1 ? 0 : keyGroup % 2);

export function run(scenario: Scenario, cuts: readonly Cut[]): { lines: string[]; dropped: number; held: unknown[] } {
  const clock = new VirtualClock(1_000);
  const assigner = windowAssigner(scenario.windowFn.spec);
  const all: Owner[] = [];
  let watermark = 0;
  const begin = (count: number): Owner[] => {
    const owners = Array.from({ length: count }, () => new Owner(scenario, clock));
    all.push(...owners);
    return owners;
  };
  let owners = begin(1);
  owners[0]!.advance(0);
  const { events } = scenario;
  for (let i = 0; i <= events.length; i++) {
    for (const cut of cuts.filter(({ at }) => at === i)) {
      const snapshots = owners.map((owner) => takeSnapshot({ snapshot: (to) => owner.operator.snapshot!(to) }));
      owners = begin(cut.owners);
      for (const [index, owner] of owners.entries()) {
        const owns = (keyGroup: number): boolean => ownerOf(keyGroup, cut.owners) === index;
        owner.operator.restore!(readSnapshots(snapshots, owns, () => index === 0));
        // The second one finds no watermark written down.
        if (index === 1) owner.advance(watermark);
      }
    }
    const event = events[i];
    if (event === undefined) break;
    if ('watermarkBy' in event) {
      watermark += event.watermarkBy;
      for (const owner of owners) owner.advance(watermark);
    } else if ('timeBy' in event) {
      clock.advance(event.timeBy);
      for (const owner of owners) owner.settle();
    } else {
      const owner = owners[ownerOf(coding.keyGroup(event.key), owners.length)]!;
      const at = watermark + event.after;
      const windows = assigner.assign(at);
      if (!Array.isArray(windows) || windows.length > 0) owner.put(event.key, i, at, windows);
    }
  }
  for (const owner of owners) owner.advance(MAX_TIMESTAMP);
  return {
    lines: all.flatMap((owner) => owner.lines).sort(),
    dropped: all.reduce((sum, owner) => sum + owner.dropped, 0),
    held: owners.map((owner) => owner.operator.oldestHeldEpoch!()),
  };
}
