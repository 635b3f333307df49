import { create } from '@bufbuild/protobuf';
import type { CoderSpec, PCollectionSpec, Plan, TransformSpec } from '../../sdk/model/index.js';
import { displayToBeam } from './display-data.js';
import { environmentToBeam, type RemoteEnvironment } from './environment.js';
import {
  type Coder,
  CoderSchema,
  ComponentsSchema,
  IsBounded_Enum,
  type PCollection,
  PCollectionSchema,
  type Pipeline,
  PipelineSchema,
  type PTransform,
  PTransformSchema,
} from './generated/pipeline_pb.js';
import { encodeJson } from './json-bytes.js';
import { mapValues } from './map-values.js';
import { functionSpecToBeam } from './payloads.js';
import { windowingToBeam } from './windowing.js';

export interface ToBeamOptions {
  readonly environment: RemoteEnvironment;
}

/**
 * The plan as Beam's Pipeline message, for an engine. Ids, names and URNs stay; payloads take Beam's form. The plan's
 * name and options are no part of that message: they travel with the job.
 */
export function toBeam(plan: Plan, { environment }: ToBeamOptions): Pipeline {
  const { components } = plan;
  return create(PipelineSchema, {
    components: create(ComponentsSchema, {
      transforms: mapValues(components.transforms, (spec, id) => transformToBeam(spec, plan.displayData?.[id])),
      pcollections: mapValues(components.pcollections, pcollectionToBeam),
      windowingStrategies: mapValues(components.windowingStrategies, windowingToBeam),
      coders: mapValues(components.coders, coderToBeam),
      environments: mapValues(components.environments, (spec) => environmentToBeam(spec, environment)),
    }),
    rootTransformIds: [...plan.rootTransformIds],
    requirements: [...plan.requirements],
  });
}

function transformToBeam(spec: TransformSpec, display: Parameters<typeof displayToBeam>[0]): PTransform {
  return create(PTransformSchema, {
    uniqueName: spec.uniqueName,
    ...(spec.spec !== undefined && { spec: functionSpecToBeam(spec.spec) }),
    subtransforms: [...(spec.subtransforms ?? [])],
    inputs: { ...spec.inputs },
    outputs: { ...spec.outputs },
    environmentId: spec.environmentId ?? '',
    annotations: mapValues(spec.annotations ?? {}, (value) => encodeJson(value)),
    displayData: displayToBeam(display),
  });
}

const pcollectionToBeam = (spec: PCollectionSpec): PCollection =>
  create(PCollectionSchema, {
    uniqueName: spec.uniqueName,
    coderId: spec.coderId,
    isBounded: IsBounded_Enum[spec.isBounded],
    windowingStrategyId: spec.windowingStrategyId,
  });

const coderToBeam = (spec: CoderSpec): Coder =>
  create(CoderSchema, {
    spec: functionSpecToBeam(spec.spec),
    componentCoderIds: [...(spec.componentCoderIds ?? [])],
  });
