import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  type CoderSpec,
  type JsonObject,
  MAIN_TAG,
  type PCollectionSpec,
  type Plan,
  type TestStreamEvent,
  type TestStreamPayload,
  type TransformSpec,
} from '../../sdk/model/index.js';
import { encodeVarint } from '../beam/varint.js';

/**
 * The plan with the elements of every test stream in length prefixes that it brings itself, and a step behind each output in
 * which workers take them off. An engine that is given anything else guesses how an element of a coder that it does not know,
 * or of a pair, ends (Prism does, and forgets the tag over it).
 */
export function framedTestStreams(plan: Plan): Plan {
  const { transforms, pcollections, coders } = plan.components;
  const parts: Parts = { transforms: { ...transforms }, pcollections: { ...pcollections }, coders: { ...coders } };
  let { rootTransformIds } = plan;
  for (const [id, transform] of Object.entries(transforms)) {
    if (transform.spec?.urn !== BEAM_TRANSFORM.testStream) continue;
    const steps = frame(id, transform, parts);
    const follow = (ids: readonly string[]): string[] => ids.flatMap((each) => (each === id ? [id, ...steps] : [each]));
    rootTransformIds = follow(rootTransformIds);
    for (const [parentId, parent] of Object.entries(parts.transforms))
      if (parent.subtransforms?.includes(id) === true)
        parts.transforms[parentId] = { ...parent, subtransforms: follow(parent.subtransforms) };
  }
  return { ...plan, rootTransformIds, components: { ...plan.components, ...parts } };
}

interface Parts {
  readonly transforms: Record<string, TransformSpec>;
  readonly pcollections: Record<string, PCollectionSpec>;
  readonly coders: Record<string, CoderSpec>;
}

/** Answers the ids of the steps that stand behind it. */
function frame(id: string, transform: TransformSpec, parts: Parts): string[] {
  const steps: string[] = [];
  const { coderId, events } = transform.spec!.payload as unknown as TestStreamPayload;
  const framedId = `${coderId}_framed`;
  parts.coders[framedId] = { spec: { urn: BEAM_CODER.lengthPrefix }, componentCoderIds: [coderId] };
  const outputs: Record<string, string> = {};
  for (const [tag, output] of Object.entries(transform.outputs)) {
    const from = `${id}_${tag}_framed`;
    const pcollection = parts.pcollections[output] as PCollectionSpec;
    parts.pcollections[from] = { ...pcollection, uniqueName: `${pcollection.uniqueName}/framed`, coderId: framedId };
    outputs[tag] = from;
    // The global window is where the elements stand already: nothing is changed but the coder.
    const stepId = `${id}_${tag}_unframe`;
    parts.transforms[stepId] = {
      uniqueName: `${transform.uniqueName}/Unframe ${tag}`,
      spec: { urn: BEAM_TRANSFORM.windowInto, payload: { windowFn: { urn: BEAM_WINDOW_FN.global } } },
      inputs: { [MAIN_TAG]: from },
      outputs: { [MAIN_TAG]: output },
    };
    steps.push(stepId);
  }
  const payload = { coderId: framedId, events: events.map(framed) };
  const spec = { urn: BEAM_TRANSFORM.testStream, payload: payload as unknown as JsonObject };
  parts.transforms[id] = { ...transform, spec, outputs };
  return steps;
}

function framed(event: TestStreamEvent): TestStreamEvent {
  if (event.kind !== 'elements') return event;
  const elements = event.elements.map(({ encoded, timestamp }) => {
    const bytes = Buffer.from(encoded, 'base64');
    return { encoded: Buffer.concat([encodeVarint(bytes.length), bytes]).toString('base64'), timestamp };
  });
  return { ...event, elements };
}
