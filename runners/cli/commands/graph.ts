import type { Plan } from '../../../sdk/model/plan.js';
import type { Inspection } from './inspect.js';

/** `millrace graph`: a plan as a Mermaid flow chart; composites are boxes around their parts. */
export const graph: Inspection = {
  name: 'graph',
  description: 'draw a pipeline as a Mermaid flow chart',
  show: (plan) => mermaid(plan),
};

export function mermaid(plan: Plan): string {
  const { transforms } = plan.components;
  const nodes = new Map(Object.keys(transforms).map((id, i) => [id, `n${i}`]));
  const producers = new Map<string, string>();
  const lines = ['flowchart TD'];
  const draw = (id: string, indent: string): void => {
    const { uniqueName, subtransforms = [], outputs } = transforms[id]!;
    const label = `["${escaped(uniqueName.slice(uniqueName.lastIndexOf('/') + 1))}"]`;
    if (subtransforms.length === 0) {
      lines.push(`${indent}${nodes.get(id)}${label}`);
      for (const pcollection of Object.values(outputs)) producers.set(pcollection, id);
      return;
    }
    lines.push(`${indent}subgraph ${nodes.get(id)}${label}`);
    for (const child of subtransforms) draw(child, `${indent}  `);
    lines.push(`${indent}end`);
  };
  for (const id of plan.rootTransformIds) draw(id, '  ');
  for (const [id, { subtransforms = [], inputs }] of Object.entries(transforms)) {
    if (subtransforms.length > 0) continue;
    for (const [tag, pcollection] of Object.entries(inputs)) {
      const producer = producers.get(pcollection);
      if (producer === undefined || producer === id) continue;
      const label = Object.keys(inputs).length > 1 ? `|"${escaped(tag)}"|` : '';
      lines.push(`  ${nodes.get(producer)} -->${label} ${nodes.get(id)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid's own form of the characters that would end a label or mean something in one. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.,:/()+*-]/gu, (character) => `#${character.codePointAt(0)};`);
}
