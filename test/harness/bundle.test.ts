import { create, toBinary } from '@bufbuild/protobuf';
import { BEAM_TRANSFORM } from 'millrace';
import { expect, it } from 'vitest';
import { ProcessBundleDescriptorSchema } from '#millrace/runners/beam/generated/fn_control_pb.js';
import { ParDoPayloadSchema } from '#millrace/runners/beam/generated/pipeline_pb.js';
import { Bundle } from '#millrace/runners/harness/bundle.js';
import type { DataPlane } from '#millrace/runners/harness/data-plane.js';
import { SOURCE_URN } from '#millrace/runners/harness/stage-urns.js';

const bundleOf = (payload: Parameters<typeof create<typeof ParDoPayloadSchema>>[1]) =>
  new Bundle(
    'inst001',
    create(ProcessBundleDescriptorSchema, {
      transforms: {
        source: { spec: { urn: SOURCE_URN }, outputs: { i0: 'in' } },
        step: {
          spec: {
            urn: BEAM_TRANSFORM.parDo,
            payload: toBinary(ParDoPayloadSchema, create(ParDoPayloadSchema, payload)),
          },
          inputs: { i0: 'in' },
        },
      },
    }),
    {} as DataPlane,
    () => undefined,
  );
const half = { fractionOfRemainder: 0.5, estimatedInputElements: 10, allowedSplitPoints: [] };

// Seen on Prism 2.77: a split between two elements of a key, and one of two bundles undid what the other had written.
it('gives no elements away where state or timers belong to their keys', () => {
  expect(bundleOf({}).split(half)).toBe(5);
  expect(bundleOf({ stateSpecs: { sum: {} } }).split(half)).toBeUndefined();
  expect(bundleOf({ timerFamilySpecs: { end: {} } }).split(half)).toBeUndefined();
});
