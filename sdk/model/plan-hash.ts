import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import type { Plan } from './plan.js';

/**
 * What a plan means, in 64 hex digits: the SHA-256 of the canonical JSON of its components, roots, requirements and
 * options. The name, display data and annotations do not count: they may not change a result.
 */
export function planHash(plan: Plan): string {
  const { transforms, ...others } = plan.components;
  const bare = Object.fromEntries(Object.entries(transforms).map(([id, t]) => [id, { ...t, annotations: undefined }]));
  const hashed = {
    components: { ...others, transforms: bare },
    rootTransformIds: plan.rootTransformIds,
    requirements: plan.requirements,
    options: plan.options,
  };
  return createHash('sha256').update(canonicalJson(hashed)).digest('hex');
}
