import { findCycles } from './find-cycles.js';
import type { PlanView, TransformView } from './plan-view.js';
import { type Findings, names } from './problem.js';

/** Every PCollection has one producer, composites only pass on, and nothing flows in a circle. */
export function checkDataFlow(view: PlanView, findings: Findings): void {
  const producers = findProducers(view, findings);
  const isProduced = (pc: string) => producers.has(pc) || !view.pcollections.has(pc);
  for (const [id, transform] of view.transforms) {
    const at = ['components', 'transforms', id];
    for (const [tag, pc] of transform.inputs) {
      if (!isProduced(pc)) findings.add([...at, 'inputs', tag], 'nothing produces this PCollection', { got: pc });
    }
    if (isLeaf(transform)) continue;
    for (const [tag, pc] of transform.outputs) {
      const isPassedOn = producers.has(pc) || [...transform.inputs.values()].includes(pc);
      if (!isPassedOn && view.pcollections.has(pc)) {
        findings.add([...at, 'outputs', tag], 'no part of the composite produces this PCollection', { got: pc });
      }
    }
  }
  reportCycles(view, producers, findings);
  const components = (id: string) => view.coders.get(id)?.components ?? [];
  for (const cycle of findCycles(view.coders.keys(), components)) {
    const path = ['components', 'coders', cycle[0]!, 'componentCoderIds'];
    findings.add(path, 'the coder is a component of itself', { got: cycle.join(' → ') });
  }
}

/** A leaf does something; a composite without parts only passes its inputs on. */
export function isLeaf(transform: TransformView): boolean {
  return transform.subtransforms.length === 0 && transform.spec !== undefined;
}

function findProducers(view: PlanView, findings: Findings): ReadonlyMap<string, string> {
  const producers = new Map<string, string>();
  for (const [id, transform] of view.transforms) {
    if (!isLeaf(transform)) continue;
    for (const [tag, pc] of transform.outputs) {
      const other = producers.get(pc);
      if (other === undefined) producers.set(pc, id);
      else {
        const path = ['components', 'transforms', id, 'outputs', tag];
        const message = `the PCollection already has a producer: ${names([other])}`;
        findings.add(path, message, { expected: 'one producer', got: pc });
      }
    }
  }
  return producers;
}

function reportCycles(view: PlanView, producers: ReadonlyMap<string, string>, findings: Findings): void {
  const leaves = [...view.transforms].filter(([, transform]) => isLeaf(transform));
  const before = new Map(
    leaves.map(([id, transform]) => [
      id,
      [...transform.inputs.values()].flatMap((pc) => {
        const producer = producers.get(pc);
        return producer === undefined ? [] : [producer];
      }),
    ]),
  );
  for (const cycle of findCycles(before.keys(), (id) => before.get(id) ?? [])) {
    // The walk went against the data.
    const steps = cycle.toReversed().map((id) => view.transforms.get(id)?.uniqueName ?? id);
    const path = ['components', 'transforms', cycle[0]!, 'inputs'];
    findings.add(path, `the data flows in a circle through ${names([...steps, steps[0]!].slice(0, 8))}`);
  }
}
