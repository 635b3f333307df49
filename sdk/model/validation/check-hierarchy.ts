import type { PlanView } from './plan-view.js';
import type { Findings } from './problem.js';

/** Every transform stands in exactly one place: among the roots, or among the subtransforms of one composite. */
export function checkHierarchy(view: PlanView, findings: Findings): void {
  const parents = new Map<string, string>();
  const claim = (id: string, parent: string, path: (string | number)[]) => {
    if (!view.transforms.has(id)) return;
    const owner = parents.get(id);
    if (owner === undefined) parents.set(id, parent);
    else
      findings.add(path, `the transform stands in two places: it is also ${owner}`, { expected: 'one place', got: id });
  };
  view.rootTransformIds?.forEach((id, i) => {
    claim(id, 'a root', ['rootTransformIds', i]);
  });
  for (const [id, transform] of view.transforms) {
    transform.subtransforms.forEach((child, i) => {
      claim(child, `a part of ${id}`, ['components', 'transforms', id, 'subtransforms', i]);
    });
  }
  if (view.rootTransformIds !== undefined) reportUnreached(view, view.rootTransformIds, parents, findings);
}

function reportUnreached(
  view: PlanView,
  roots: readonly string[],
  parents: ReadonlyMap<string, string>,
  findings: Findings,
): void {
  const reached = new Set<string>();
  const queue = [...roots];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    queue.push(...(view.transforms.get(id)?.subtransforms ?? []));
  }
  for (const id of view.transforms.keys()) {
    if (reached.has(id)) continue;
    const path = ['components', 'transforms', id];
    if (!parents.has(id)) findings.add(path, 'is neither a root nor a part of a composite');
    else if (isPartOfItself(id, view)) findings.add([...path, 'subtransforms'], 'the composite is a part of itself');
  }
}

function isPartOfItself(start: string, view: PlanView): boolean {
  const seen = new Set<string>();
  const queue = [...view.transforms.get(start)!.subtransforms];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (id === start) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...(view.transforms.get(id)?.subtransforms ?? []));
  }
  return false;
}
