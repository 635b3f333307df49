import { BEAM_TRANSFORM, type ParDoPayload, type Plan } from '../../sdk/model/index.js';

/**
 * The steps with a side input whose windows fire by a trigger: engines show the elements of all firings together, or never
 * let the main input pass, where Beam says that the last firing is what is seen.
 */
export function stepsWithTriggeredSideInputs({ components }: Plan): string[] {
  const { transforms, pcollections, windowingStrategies } = components;
  return Object.values(transforms)
    .filter(({ spec, inputs }) => {
      if (spec?.urn !== BEAM_TRANSFORM.parDo) return false;
      const { sideInputs = {} } = spec.payload as unknown as ParDoPayload;
      return Object.keys(sideInputs).some((tag) => {
        const side = pcollections[inputs[tag] ?? ''];
        const windowing = windowingStrategies[side?.windowingStrategyId ?? ''];
        return windowing !== undefined && windowing.trigger.kind !== 'default';
      });
    })
    .map(({ uniqueName }) => uniqueName);
}
