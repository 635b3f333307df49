import type { Plan } from '../../sdk/model/index.js';
import type { DataflowGraph, OperatorSpec } from './graph.js';
import { planToGraph } from './plan-to-graph.js';
import { withViews } from './side-input-plan.js';

/** How the local dataflow would run a plan: its stages, what is fused in them, and what travels between them. */
export interface Explanation {
  readonly stages: readonly ExplainedStage[];
}

export interface ExplainedStage {
  readonly id: number;
  /** One task, or as many as the runner has. */
  readonly parallelism: 'one' | 'all';
  readonly operators: readonly ExplainedOperator[];
}

export interface ExplainedOperator {
  readonly kind: OperatorSpec['kind'];
  /** Full names of the steps that are fused in it, in order. */
  readonly steps: readonly string[];
  /** What comes in, from where and how. */
  readonly inputs: readonly {
    readonly pcollection: string;
    readonly from: string;
    readonly partitioning: string;
    readonly coder: string;
  }[];
}

export function explainPlan(written: Plan): Explanation {
  const plan = withViews(written);
  const graph = planToGraph(plan);
  const stages = new Map<number, OperatorSpec[]>();
  for (const operator of graph.operators) stages.set(operator.stage, [...(stages.get(operator.stage) ?? []), operator]);
  return {
    stages: [...stages].map(([id, operators]) => ({
      id,
      parallelism: operators[0]!.parallelism,
      operators: operators.map((operator) => explainOperator(plan, graph, operator)),
    })),
  };
}

function explainOperator(plan: Plan, graph: DataflowGraph, operator: OperatorSpec): ExplainedOperator {
  return {
    kind: operator.kind,
    steps: operator.steps.map(({ transform }) => transform.uniqueName),
    inputs: graph.edges
      .filter((edge) => edge.to === operator.id)
      .map(({ pcollection, from, partitioning }) => ({
        pcollection: plan.components.pcollections[pcollection]?.uniqueName ?? pcollection,
        from,
        partitioning,
        coder: coderText(plan, plan.components.pcollections[pcollection]?.coderId),
      })),
  };
}

/** A coder with its components, by the short forms of their URNs: `kv<string_utf8, value>`. */
export function coderText(plan: Plan, id: string | undefined): string {
  const coder = id === undefined ? undefined : plan.components.coders[id];
  if (coder === undefined) return 'restrictions';
  const name = coder.spec.urn.replace(/^(beam|millrace):coder:/, '').replace(/:v1$/, '');
  const components = (coder.componentCoderIds ?? []).map((component) => coderText(plan, component));
  return components.length === 0 ? name : `${name}<${components.join(', ')}>`;
}
