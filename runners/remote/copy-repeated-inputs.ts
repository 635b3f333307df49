import {
  BEAM_TRANSFORM,
  MAIN_TAG,
  type PCollectionSpec,
  type Plan,
  type TransformSpec,
} from '../../sdk/model/index.js';

/**
 * The plan with no Flatten that takes a collection more than once: Flink takes it once then, and its elements are lost.
 * From the second time on it takes a copy, which is a Flatten of one.
 */
export function copyRepeatedInputs(plan: Plan): Plan {
  const transforms: Record<string, TransformSpec> = { ...plan.components.transforms };
  const pcollections: Record<string, PCollectionSpec> = { ...plan.components.pcollections };
  for (const [id, flatten] of Object.entries(transforms)) {
    const isLeaf = (flatten.subtransforms ?? []).length === 0;
    if (!isLeaf || flatten.spec?.urn !== BEAM_TRANSFORM.flatten) continue;
    const inputs: Record<string, string> = {};
    const copies: string[] = [];
    for (const [tag, input] of Object.entries(flatten.inputs)) {
      if (!Object.values(inputs).includes(input)) {
        inputs[tag] = input;
        continue;
      }
      const copy = `${id}_copy_${copies.length + 1}`;
      const uniqueName = `${flatten.uniqueName}/Copy_${copies.length + 1}`;
      pcollections[copy] = { ...pcollections[input]!, uniqueName: `${uniqueName}.${MAIN_TAG}` };
      transforms[copy] = {
        uniqueName,
        spec: flatten.spec,
        inputs: { [MAIN_TAG]: input },
        outputs: { [MAIN_TAG]: copy },
      };
      copies.push(copy);
      inputs[tag] = copy;
    }
    if (copies.length === 0) continue;
    const { spec, ...composite } = flatten;
    const inner = `${id}_of_copies`;
    transforms[inner] = { ...flatten, uniqueName: `${flatten.uniqueName}/Flatten`, inputs };
    transforms[id] = { ...composite, subtransforms: [...copies, inner] };
  }
  return { ...plan, components: { ...plan.components, transforms, pcollections } };
}
