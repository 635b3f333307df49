import type { DataflowGraph, EdgeSpec, OperatorSpec } from './graph.js';

/** Operators that one task runs without a queue between them. */
export interface ChainSpec {
  /** The first of them; the task is named after it. */
  readonly head: OperatorSpec;
  /** Of a source: the segment that takes its elements. */
  readonly segment?: OperatorSpec;
  /** Groupings that take the elements of the segment, or of the source itself. */
  readonly folds: readonly { readonly operator: OperatorSpec; readonly edge: EdgeSpec }[];
  /** What travels inside of the chain. */
  readonly edges: ReadonlySet<EdgeSpec>;
}

/**
 * Finds what can be chained: an operator whose only input comes from one task of the one before it. Deterministic, as the
 * graph is. Every operator is in exactly one chain, most of them alone.
 */
export function chainsOf(graph: DataflowGraph, parallelism: number): ChainSpec[] {
  const operators = new Map(graph.operators.map((operator) => [operator.id, operator]));
  const outgoing = groupBy(graph.edges, (edge) => edge.from);
  const incoming = groupBy(graph.edges, (edge) => edge.to);
  const width = (operator: OperatorSpec): number => (operator.parallelism === 'one' ? 1 : parallelism);
  const follows = (edge: EdgeSpec): boolean => {
    const from = operators.get(edge.from)!;
    const to = operators.get(edge.to)!;
    if (incoming.get(to.id)!.length !== 1) return false;
    return edge.partitioning === 'forward' || (width(from) === 1 && width(to) === 1);
  };
  const taken = new Set<OperatorSpec>();
  const chains: ChainSpec[] = [];
  for (const head of graph.operators) {
    if (taken.has(head)) continue;
    const edges = new Set<EdgeSpec>();
    let segment: OperatorSpec | undefined;
    // What a source of several outputs reads is told apart by their ports.
    const isForked = head.kind === 'source' && Object.keys(head.steps[0]!.transform.outputs).length > 1;
    if (head.kind === 'source' && !isForked) {
      const out = outgoing.get(head.id) ?? [];
      const next = out.length === 1 && follows(out[0]!) ? operators.get(out[0]!.to)! : undefined;
      if (next?.kind === 'segment') {
        segment = next;
        edges.add(out[0]!);
        taken.add(next);
      }
    }
    const last = segment ?? head;
    const folds: { operator: OperatorSpec; edge: EdgeSpec }[] = [];
    if ((last.kind === 'source' && !isForked) || last.kind === 'segment') {
      for (const edge of outgoing.get(last.id) ?? []) {
        const operator = operators.get(edge.to)!;
        if ((operator.kind !== 'group' && operator.kind !== 'precombine') || !follows(edge)) continue;
        folds.push({ operator, edge });
        edges.add(edge);
        taken.add(operator);
      }
    }
    chains.push({ head, ...(segment !== undefined && { segment }), folds, edges });
  }
  return chains;
}

/** Every operator alone. */
export function unchained(graph: DataflowGraph): ChainSpec[] {
  return graph.operators.map((head) => ({ head, folds: [], edges: new Set() }));
}

/** Values by what they have in common, in their order. */
export function groupBy<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}
