import type { JsonValue } from '../json.js';
import { isLeaf } from './check-data-flow.js';
import { asMap, asText, type PlanView } from './plan-view.js';
import { type Finding, formatPath, type PlanProblem } from './problem.js';

/** Tells each finding's step and source line: the transform that it is in, or the first that uses what it is in. */
export function attribute(findings: readonly Finding[], view: PlanView): PlanProblem[] {
  const stepOf = ownersOf(view);
  return findings.map(({ path, ...finding }) => {
    const [section, kind, id] = path;
    const transform =
      section === 'components' ? stepOf.get(`${kind}/${id}`) : section === 'displayData' ? `${kind}` : undefined;
    const step = transform === undefined ? undefined : view.transforms.get(transform)?.uniqueName;
    const source = transform === undefined ? undefined : view.sources.get(transform);
    return {
      path: formatPath(path),
      ...finding,
      ...(step !== undefined && { step }),
      ...(source !== undefined && { source }),
    };
  });
}

/** The same for a plan of which little can be expected: a step is told only where the path names it. */
export function attributeRoughly({ path, ...finding }: Finding, plan: JsonValue): PlanProblem {
  const [section, kind, id] = path;
  const isStep = section === 'components' && kind === 'transforms' && typeof id === 'string';
  const step = isStep ? asText(asMap(asMap(asMap(asMap(plan).components).transforms)[id]).uniqueName) : undefined;
  return { path: formatPath(path), ...finding, ...(step !== undefined && { step }) };
}

/** `coders/x` → the id of the transform that the coder belongs to, and so on for every component. */
function ownersOf(view: PlanView): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const own = (kind: string, id: string | undefined, transform: string) => {
    if (id !== undefined && !owners.has(`${kind}/${id}`)) owners.set(`${kind}/${id}`, transform);
  };
  const leavesFirst = [...view.transforms].sort(([, a], [, b]) => Number(isLeaf(b)) - Number(isLeaf(a)));
  for (const [id] of view.transforms) own('transforms', id, id);
  for (const side of ['outputs', 'inputs'] as const) {
    for (const [id, transform] of leavesFirst) for (const pc of transform[side].values()) own('pcollections', pc, id);
  }
  for (const [id, pc] of view.pcollections) {
    const owner = owners.get(`pcollections/${id}`);
    if (owner === undefined) continue;
    own('coders', pc.coderId, owner);
    own('windowingStrategies', pc.windowingStrategyId, owner);
  }
  return owners;
}
