import { type ExplainedOperator, explainPlan } from '../../dataflow/explain.js';
import { printable } from '../output.js';
import type { Inspection } from './inspect.js';

/** `millrace explain`: how the local dataflow would run a plan. */
export const explain: Inspection = {
  name: 'explain',
  description: 'show the stages of a pipeline, what is fused in them, and what travels between them',
  show(plan) {
    const lines = [`${plan.name}`];
    for (const { id, parallelism, operators } of explainPlan(plan).stages) {
      lines.push('', `stage ${id} (${parallelism === 'one' ? 'one task' : 'a task for each thread'})`);
      for (const operator of operators) lines.push(...describe(operator));
    }
    return `${printable(lines.join('\n'))}\n`;
  },
};

function describe({ kind, steps, inputs }: ExplainedOperator): string[] {
  return [
    `  ${kind}: ${steps.join(' → ')}`,
    ...inputs.map(
      ({ pcollection, from, partitioning, coder }) => `    ← ${pcollection} (${coder}) from ${from}, ${partitioning}`,
    ),
  ];
}
