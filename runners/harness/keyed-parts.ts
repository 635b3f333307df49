import { fromBinary } from '@bufbuild/protobuf';
import { BEAM_TRANSFORM } from '../../sdk/model/index.js';
import type { ProcessBundleDescriptor } from '../beam/generated/fn_control_pb.js';
import { ParDoPayloadSchema } from '../beam/generated/pipeline_pb.js';

/** Timers of one family of one step. */
export interface TimerEnd {
  readonly transformId: string;
  readonly family: string;
}

interface KeyedParts {
  readonly timers: readonly TimerEnd[];
  readonly hasState: boolean;
}

const known = new WeakMap<ProcessBundleDescriptor, KeyedParts>();

/** What of a stage belongs to keys. Of each family of timers, timers come in with the bundle and go out with it. */
export function keyedParts(descriptor: ProcessBundleDescriptor): KeyedParts {
  let parts = known.get(descriptor);
  if (parts === undefined) {
    const timers: TimerEnd[] = [];
    let hasState = false;
    for (const [transformId, { spec }] of Object.entries(descriptor.transforms)) {
      if (spec?.urn !== BEAM_TRANSFORM.parDo) continue;
      const { timerFamilySpecs, stateSpecs } = fromBinary(ParDoPayloadSchema, spec.payload);
      for (const family of Object.keys(timerFamilySpecs)) timers.push({ transformId, family });
      hasState ||= Object.keys(stateSpecs).length > 0;
    }
    parts = { timers, hasState: hasState || timers.length > 0 };
    known.set(descriptor, parts);
  }
  return parts;
}
