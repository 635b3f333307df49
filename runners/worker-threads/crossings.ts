import type { Plan } from '../../sdk/model/plan.js';
import { type DataflowGraph, type EdgeSpec, type OperatorSpec, planToGraph } from '../dataflow/index.js';

/** How the tasks of a dataflow are dealt out to threads. */
export interface ThreadLayout {
  readonly threads: number;
  /** Tasks of an operator that may have many. */
  readonly parallelism: number;
}

/** A pair of threads and the channels that go from the one to the other. */
export interface LinkPlan {
  readonly from: number;
  readonly to: number;
  /** The names of the channels; the index of each is its number on the link. */
  readonly channels: readonly string[];
}

/** The dataflow as every thread sees it. Combines are folded before they are partitioned, where there are parts. */
export function threadGraph(plan: Plan, { parallelism }: ThreadLayout): DataflowGraph {
  return planToGraph(plan, { precombine: parallelism > 1 });
}

/** Tasks of one index stay together, so that what is forwarded never leaves its thread. */
export function threadOf(taskIndex: number, layout: ThreadLayout): number {
  return taskIndex % layout.threads;
}

/** Threads that have at least one task. */
export function threadsNeeded(graph: DataflowGraph, layout: ThreadLayout): number {
  return Math.min(layout.threads, Math.max(1, ...graph.operators.map((operator) => width(operator, layout))));
}

export function channelName(edge: EdgeSpec, fromIndex: number, toIndex: number): string {
  return `${edge.id}:${fromIndex}:${toIndex}`;
}

/** The channels that cross threads. Deterministic: every thread computes it for itself. */
export function planLinks(graph: DataflowGraph, layout: ThreadLayout): LinkPlan[] {
  const operators = new Map(graph.operators.map((operator) => [operator.id, operator]));
  const links = new Map<number, { from: number; to: number; channels: string[] }>();
  for (const edge of graph.edges) {
    if (edge.partitioning === 'forward') continue;
    for (let fromIndex = 0; fromIndex < width(operators.get(edge.from)!, layout); fromIndex++) {
      for (let toIndex = 0; toIndex < width(operators.get(edge.to)!, layout); toIndex++) {
        const from = threadOf(fromIndex, layout);
        const to = threadOf(toIndex, layout);
        if (from === to) continue;
        const id = from * layout.threads + to;
        let link = links.get(id);
        if (link === undefined) {
          link = { from, to, channels: [] };
          links.set(id, link);
        }
        link.channels.push(channelName(edge, fromIndex, toIndex));
      }
    }
  }
  return [...links.values()];
}

function width(operator: OperatorSpec, layout: ThreadLayout): number {
  return operator.parallelism === 'one' ? 1 : layout.parallelism;
}
