import type {
  CoderSpec,
  Components,
  JsonObject,
  PCollectionSpec,
  Plan,
  StepDisplay,
  TransformSpec,
} from '../../sdk/model/index.js';
import { displayFromBeam } from './display-data.js';
import { environmentFromBeam } from './environment.js';
import type { Environment } from './generated/environment_pb.js';
import {
  type Coder,
  IsBounded_Enum,
  type PCollection,
  type Pipeline,
  type PTransform,
} from './generated/pipeline_pb.js';
import type { WindowingStrategy } from './generated/windowing_pb.js';
import { decodeJson } from './json-bytes.js';
import { mapValues } from './map-values.js';
import { functionSpecFromBeam } from './payloads.js';
import { windowingFromBeam } from './windowing.js';

/** Beam's Components and ProcessBundleDescriptor alike: the maps that both of them hold. */
export interface BeamComponents {
  readonly transforms: Readonly<Record<string, PTransform>>;
  readonly pcollections: Readonly<Record<string, PCollection>>;
  readonly windowingStrategies: Readonly<Record<string, WindowingStrategy>>;
  readonly coders: Readonly<Record<string, Coder>>;
  readonly environments: Readonly<Record<string, Environment>>;
}

/** What of a plan a Pipeline message holds. */
export type PlanParts = Pick<Plan, 'components' | 'rootTransformIds' | 'requirements' | 'displayData'>;

export function fromBeam(pipeline: Pipeline): PlanParts {
  const displayData = displayOf(pipeline.components?.transforms ?? {});
  return {
    components: componentsFromBeam(pipeline.components ?? EMPTY),
    rootTransformIds: pipeline.rootTransformIds,
    requirements: pipeline.requirements,
    ...(Object.keys(displayData).length > 0 && { displayData }),
  };
}

const EMPTY: BeamComponents = {
  transforms: {},
  pcollections: {},
  windowingStrategies: {},
  coders: {},
  environments: {},
};

/** The components in a plan's terms: payloads as readable JSON, absent fields absent. */
export function componentsFromBeam(components: BeamComponents): Components {
  return {
    transforms: mapValues(components.transforms, transformFromBeam),
    pcollections: mapValues(components.pcollections, pcollectionFromBeam),
    windowingStrategies: mapValues(components.windowingStrategies, windowingFromBeam),
    coders: mapValues(components.coders, coderFromBeam),
    environments: mapValues(
      components.environments,
      (environment) => environmentFromBeam(environment) ?? { urn: environment.urn },
    ),
  };
}

export function displayOf(transforms: Readonly<Record<string, PTransform>>): Record<string, StepDisplay> {
  const all: Record<string, StepDisplay> = {};
  for (const [id, transform] of Object.entries(transforms)) {
    const display = displayFromBeam(transform.displayData);
    if (display !== undefined) all[id] = display;
  }
  return all;
}

export function transformFromBeam(transform: PTransform): TransformSpec {
  const annotations: JsonObject = mapValues(transform.annotations, (bytes) => decodeJson(bytes));
  return {
    uniqueName: transform.uniqueName,
    ...(transform.spec !== undefined && { spec: functionSpecFromBeam(transform.spec) }),
    ...(transform.subtransforms.length > 0 && { subtransforms: transform.subtransforms }),
    inputs: mapValues(transform.inputs, (id) => id),
    outputs: mapValues(transform.outputs, (id) => id),
    ...(transform.environmentId !== '' && { environmentId: transform.environmentId }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

const pcollectionFromBeam = (pcollection: PCollection): PCollectionSpec => ({
  uniqueName: pcollection.uniqueName,
  coderId: pcollection.coderId,
  isBounded: pcollection.isBounded === IsBounded_Enum.UNBOUNDED ? 'UNBOUNDED' : 'BOUNDED',
  windowingStrategyId: pcollection.windowingStrategyId,
});

const coderFromBeam = (coder: Coder): CoderSpec => ({
  spec: functionSpecFromBeam(coder.spec),
  ...(coder.componentCoderIds.length > 0 && { componentCoderIds: coder.componentCoderIds }),
});
