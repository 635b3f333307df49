import { fromBinary } from '@bufbuild/protobuf';
import { BEAM_TRANSFORM } from '../../sdk/model/index.js';
import type { ProcessBundleDescriptor } from '../beam/generated/fn_control_pb.js';
import { ParDoPayloadSchema } from '../beam/generated/pipeline_pb.js';

/** Timers of one family of one step. */
export interface TimerEnd {
  readonly transformId: string;
  readonly family: string;
}

/** All families of timers of a stage: of each, timers come in with the bundle and go out with it. */
export function timerFamilies({ transforms }: ProcessBundleDescriptor): TimerEnd[] {
  return Object.entries(transforms).flatMap(([transformId, { spec }]) =>
    spec?.urn === BEAM_TRANSFORM.parDo
      ? Object.keys(fromBinary(ParDoPayloadSchema, spec.payload).timerFamilySpecs).map((family) => ({
          transformId,
          family,
        }))
      : [],
  );
}
