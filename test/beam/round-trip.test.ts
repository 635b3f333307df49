import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  BEAM_SIDE_INPUT,
  BEAM_TRANSFORM,
  type JsonObject,
  MILLRACE_COMBINE_FN,
  MILLRACE_VIEW_FN,
  MILLRACE_WINDOW_MAPPING,
  type Plan,
  type SideInputPayload,
  type StatePayload,
  type TimestampTransform,
  type TriggerSpec,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { fromBeam } from '#millrace/runners/beam/from-beam.js';
import { PipelineSchema } from '#millrace/runners/beam/generated/pipeline_pb.js';
import { toBeam } from '#millrace/runners/beam/to-beam.js';
import { samplePlan } from './sample-plan.js';
import { statefulPlan } from './stateful-plan.js';

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

const mapValues = <T, R>(values: Readonly<Record<string, T>>, to: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value)]));

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

/** Names that are no property of every object. */
const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !(text in {}));
const ttl = fc.option(fc.record({ ttlMs: count }), { nil: {} });
const coderId = fc.constantFrom('value', 'bytes', 'kv');
const cell: fc.Arbitrary<StatePayload> = fc
  .tuple(
    fc.oneof(
      fc.record({ kind: fc.constantFrom('value', 'bag', 'set', 'orderedList'), coderId }),
      fc.record({ kind: fc.constantFrom('map', 'multimap'), keyCoderId: coderId, coderId }),
      fc.record({
        kind: fc.constant('combining'),
        accumulatorCoderId: coderId,
        combineFn: fc.constant({ urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: { kind: 'inline', token: 't' } } }),
      }),
    ),
    ttl,
  )
  .map(([spec, more]) => ({ ...spec, ...more }) as StatePayload);
const sideInput: fc.Arbitrary<SideInputPayload> = fc.record({
  accessPattern: fc.constantFrom(...Object.values(BEAM_SIDE_INPUT)).map((urn) => ({ urn })),
  viewFn: fc.oneof(
    fc.constantFrom(...Object.values(MILLRACE_VIEW_FN)).map((urn) => ({ urn })),
    fc.base64String().map((text) => ({ urn: MILLRACE_VIEW_FN.singleton, payload: { default: text } })),
  ),
  windowMappingFn: fc.constant({ urn: MILLRACE_WINDOW_MAPPING.byMaxTimestamp }),
});
const some = <T>(each: fc.Arbitrary<T>) => fc.dictionary(name, each, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const declared = fc.record(
  {
    sideInputs: some(sideInput),
    stateSpecs: some(cell),
    timerFamilySpecs: some(
      fc.record(
        { timeDomain: fc.constantFrom('EVENT_TIME', 'PROCESSING_TIME'), coderId },
        { requiredKeys: ['timeDomain'] },
      ),
    ),
    onWindowExpiration: fc.constant(true),
    requiresTimeSortedInput: fc.constant(true),
    requiresStableInput: fc.constant(true),
    requestsFinalization: fc.constant(true),
  },
  { requiredKeys: [] },
);

describe('a plan as a Beam pipeline', () => {
  it('hints at resources as Beam does', () => {
    const resourceHints = { minRamBytes: 2 ** 33, cpuCount: 4, accelerator: 'type:nvidia-tesla-t4;count:1' };
    const environments = mapValues(samplePlan().components.environments, (spec) => ({ ...spec, resourceHints }));
    const plan: Plan = { ...samplePlan(), components: { ...samplePlan().components, environments } };
    const [sent] = Object.values(toBeam(plan, { environment }).components!.environments);
    expect(mapValues(sent!.resourceHints, (bytes) => Buffer.from(bytes).toString('latin1'))).toEqual({
      'beam:resources:min_ram_bytes:v1': '8589934592',
      'beam:resources:cpu_count:v1': '4',
      'beam:resources:accelerator:v1': 'type:nvidia-tesla-t4;count:1',
    });
    expect(roundTrip(plan)).toEqual(parts(plan));
  });

  it('comes back without loss', () => {
    for (const plan of [samplePlan(), statefulPlan()]) expect(roundTrip(plan)).toEqual(parts(plan));
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

  it('keeps every cell, timer and side input', () => {
    fc.assert(
      fc.property(declared, (more) => {
        const plan = statefulPlan();
        const { remember, source } = plan.components.transforms;
        const { doFn } = source!.spec!.payload as JsonObject;
        const payload = { doFn, ...more };
        const spec = { urn: BEAM_TRANSFORM.parDo, payload: JSON.parse(JSON.stringify(payload)) as JsonObject };
        const transforms = { ...plan.components.transforms, remember: { ...remember!, spec } };
        const changed = { ...plan, components: { ...plan.components, transforms } };
        expect(roundTrip(changed)).toEqual(JSON.parse(JSON.stringify(parts(changed))));
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
