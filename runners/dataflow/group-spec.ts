import type { CombineFn, Counter, PaneInfo, WindowingStrategySpec } from '../../sdk/model/index.js';
import type { FailedStep, MakeKeyTable, OutputGate, OutputPort } from '../kernel/index.js';
import type { GroupCoding } from './group-coding.js';

/** What a grouping does, for all layouts. */
export interface GroupSpec {
  /** GroupByKey is a combine that collects. */
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  /** Whether what comes in are accumulators already (folded before a channel). */
  readonly precombined: boolean;
  /** Key → what stands for it in a Map. */
  readonly identity: (key: unknown) => unknown;
  readonly makeTable: MakeKeyTable;
  /** How what is held is written down. */
  readonly coding: GroupCoding;
  /** Whose functions are called, for errors. */
  readonly step: FailedStep;
  readonly windowing: WindowingStrategySpec;
  readonly ports: readonly OutputPort[];
  readonly gate: OutputGate;
  readonly droppedLate: Counter;
  /** What it holds is nothing that a source would have to read again. */
  readonly holdsNoEpoch?: boolean;
}

/** GroupByKey: the accumulator is the list of values. */
export const collectValues: CombineFn<unknown, unknown[], Iterable<unknown>> = {
  createAccumulator: () => [],
  addInput: (list, value) => {
    list.push(value);
    return list;
  },
  mergeAccumulators: (list, other) => {
    for (const value of other) list.push(value);
    return list;
  },
  extractOutput: (list) => list,
};

/** The same where panes accumulate: what was emitted must not grow afterwards. */
export const collectAccumulatingValues: CombineFn<unknown, unknown[], Iterable<unknown>> = {
  ...collectValues,
  extractOutput: (list) => list.slice(),
};

/** The panes of the default trigger: one on time, then one for each late firing. */
export function defaultTriggerPane(index: number, late: boolean, isLast: boolean): PaneInfo {
  return { timing: late ? 'LATE' : 'ON_TIME', isFirst: index === 0, isLast, index, nonSpeculativeIndex: index };
}
