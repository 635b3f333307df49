import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import type { Plan, TimestampTransform, TriggerSpec } from 'millrace';
import { describe, expect, it } from 'vitest';
import { fromBeam } from '#millrace/runners/beam/from-beam.js';
import { PipelineSchema } from '#millrace/runners/beam/generated/pipeline_pb.js';
import { toBeam } from '#millrace/runners/beam/to-beam.js';
import { samplePlan } from './sample-plan.js';

const environment = { endpoint: '127.0.0.1:50000', token: 'secret' };

/** There, over the wire, and back. */
function roundTrip(plan: Plan) {
  const bytes = toBinary(PipelineSchema, toBeam(plan, { environment }));
  return JSON.parse(JSON.stringify(fromBeam(fromBinary(PipelineSchema, bytes)))) as unknown;
}

const parts = ({ components, rootTransformIds, requirements, displayData }: Plan) => ({
  components,
  rootTransformIds,
  requirements,
  displayData,
});

const count = fc.integer({ min: 1, max: 1_000_000 });
const transform: fc.Arbitrary<TimestampTransform> = fc.oneof(
  count.map((delayMs) => ({ kind: 'delay' as const, delayMs })),
  fc.record({ kind: fc.constant('alignTo' as const), periodMs: count, offsetMs: count }),
);
const { trigger } = fc.letrec<{ trigger: TriggerSpec }>((tie) => {
  const some = fc.array(tie('trigger'), { minLength: 1, maxLength: 3 });
  return {
    trigger: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<TriggerSpec>(
        { kind: 'default' },
        { kind: 'always' },
        { kind: 'never' },
        { kind: 'afterSynchronizedProcessingTime' },
      ),
      count.map((n): TriggerSpec => ({ kind: 'elementCount', count: n })),
      fc
        .array(transform, { maxLength: 2 })
        .map((timestampTransforms): TriggerSpec => ({ kind: 'afterProcessingTime', timestampTransforms })),
      some.map((subtriggers): TriggerSpec => ({ kind: 'afterAll', subtriggers })),
      some.map((subtriggers): TriggerSpec => ({ kind: 'afterAny', subtriggers })),
      some.map((subtriggers): TriggerSpec => ({ kind: 'afterEach', subtriggers })),
      fc.record(
        { kind: fc.constant('afterEndOfWindow' as const), earlyFirings: tie('trigger'), lateFirings: tie('trigger') },
        { requiredKeys: ['kind'] },
      ) as fc.Arbitrary<TriggerSpec>,
      fc.record({
        kind: fc.constant('orFinally' as const),
        main: tie('trigger'),
        finally: tie('trigger'),
      }) as fc.Arbitrary<TriggerSpec>,
      fc.record({ kind: fc.constant('repeat' as const), subtrigger: tie('trigger') }) as fc.Arbitrary<TriggerSpec>,
    ),
  };
});

describe('a plan as a Beam pipeline', () => {
  it('comes back without loss', () => {
    const plan = samplePlan();
    expect(roundTrip(plan)).toEqual(parts(plan));
  });

  it('keeps every trigger', () => {
    fc.assert(
      fc.property(trigger, (any) => {
        const plan = samplePlan(any);
        expect(roundTrip(plan)).toEqual(parts(plan));
      }),
      { numRuns: 200 },
    );
  });

  it('refuses the id that protobuf libraries lose', () => {
    const plan = samplePlan();
    const transforms = JSON.parse('{"__proto__": {"uniqueName": "x", "inputs": {}, "outputs": {}}}');
    const smuggled: Plan = { ...plan, components: { ...plan.components, transforms } };
    expect(() => toBeam(smuggled, { environment })).toThrow(expect.objectContaining({ code: 'BEAM_UNMAPPED' }));
  });

  it('has no prototype in the maps that come back', () => {
    const { components } = fromBeam(toBeam(samplePlan(), { environment }));
    expect(Object.getPrototypeOf(components.transforms)).toBeNull();
  });

  it('refuses what has no form on the wire', () => {
    const plan = samplePlan();
    const odd = {
      uniqueName: 'odd',
      spec: { urn: 'beam:transform:odd:v1', payload: { a: 1 } },
      inputs: {},
      outputs: {},
    };
    const transforms = { ...plan.components.transforms, odd };
    expect(() => toBeam({ ...plan, components: { ...plan.components, transforms } }, { environment })).toThrow(
      expect.objectContaining({ code: 'BEAM_UNMAPPED' }),
    );
  });
});
