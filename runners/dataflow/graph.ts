import type { StepSpec } from '../kernel/index.js';

/**
 * What a task runs.
 * `impulse`: emits one element. `testStream`: one output of a test stream. `segment`: fused steps. `split`: pairs elements of a splittable DoFn with restrictions.
 * `source`: works on restrictions. `async`: a mapAsync. `group`: GroupByKey, with a combine function where there is one.
 * `triggerGroup`: the same under any trigger. `precombine`: folds values of a key before they cross a channel.
 * `stateful`: a DoFn with state or timers.
 */
export type OperatorKind =
  | 'impulse'
  | 'testStream'
  | 'segment'
  | 'split'
  | 'source'
  | 'async'
  | 'group'
  | 'triggerGroup'
  | 'precombine'
  | 'stateful';

export interface OperatorSpec {
  readonly id: string;
  readonly kind: OperatorKind;
  /** Operators of one stage run on the same task index and are joined by plain queues. */
  readonly stage: number;
  /** PCollections that come in; more than one where a Flatten was folded in. */
  readonly inputs: readonly string[];
  /** The leaf transforms: all steps of a segment in order, one otherwise. */
  readonly steps: readonly StepSpec[];
  /** PCollection under which a segment's steps see what comes in. */
  readonly entry: string;
  /** PCollections that something else reads. */
  readonly outputs: readonly string[];
  /** Whether it runs as one task or as many. */
  readonly parallelism: 'one' | 'all';
  /** Of a group that merges accumulators: the PCollection whose elements they were made of. */
  readonly grouped?: string;
  /** Tags of the side inputs of its first step. */
  readonly sideInputs?: readonly string[];
}

/** How elements find the task among those of the next operator. */
export type Partitioning = 'forward' | 'hash' | 'roundRobin' | 'broadcast';

export interface EdgeSpec {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly pcollection: string;
  readonly partitioning: Partitioning;
  /** Elements travel as a column of keys and one of values. */
  readonly keyed: boolean;
  /** The tag of the side input that travels; absent where it is the main input. */
  readonly sideInput?: string;
}

export interface DataflowGraph {
  /** In topological order. */
  readonly operators: readonly OperatorSpec[];
  readonly edges: readonly EdgeSpec[];
}
