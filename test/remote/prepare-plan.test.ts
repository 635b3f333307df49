import { buildPlan, definePipeline, type ParDoPayload, type Plan, type TestStreamPayload } from 'millrace';
import { coderFromSpec } from 'millrace/coders';
import { expect, it } from 'vitest';
import { EXPIRATION_FAMILY } from '#millrace/runners/beam/par-do.js';
import { preparePlan } from '#millrace/runners/remote/prepare-plan.js';
import { samplePlan } from '../beam/sample-plan.js';
import { statefulPlan } from '../beam/stateful-plan.js';

const urns = ({ components }: Plan, ids: readonly string[] = []) =>
  ids.map((id) => components.transforms[id]?.spec?.urn.replace(/^beam:transform:(.*):v1$/, '$1'));

it('takes a combine apart, so that each part reads what the one before it writes', () => {
  const plan = preparePlan(samplePlan());
  const { transforms, pcollections, coders } = plan.components;
  const ids = transforms.count?.subtransforms ?? [];
  expect(urns(plan, ids)).toEqual([
    'combine_per_key_precombine',
    'group_by_key',
    'combine_per_key_merge_accumulators',
    'combine_per_key_extract_outputs',
  ]);
  const parts = ids.map((id) => transforms[id]!);
  const chain = parts.flatMap(({ inputs, outputs }) => [Object.values(inputs)[0], Object.values(outputs)[0]]);
  expect(chain[0]).toBe('p2');
  expect(chain.at(-1)).toBe('p4');
  for (let i = 1; i < chain.length - 1; i += 2) expect(chain[i]).toBe(chain[i + 1]);
  expect(parts.map(({ environmentId }) => environmentId)).toEqual(['node', undefined, 'node', 'node']);
  for (const id of chain) expect(coders).toHaveProperty(pcollections[id ?? '']?.coderId ?? '');
});

it('leaves a combine whose trigger fires more than once as it is', () => {
  const plan = samplePlan();
  const sessions = { ...plan.components.windowingStrategies.sessions!, trigger: { kind: 'always' } as const };
  const windowingStrategies = { ...plan.components.windowingStrategies, sessions };
  const prepared = preparePlan({ ...plan, components: { ...plan.components, windowingStrategies } });
  expect(urns(prepared, prepared.components.transforms.count?.subtransforms)).toEqual([
    'group_by_key',
    'combine_grouped_values',
  ]);
});

it('sends restrictions with their watermark, and has unbounded sources acknowledged', () => {
  const plan = samplePlan();
  const source = plan.components.transforms.source!;
  const payload = JSON.parse(JSON.stringify(source.spec?.payload).replace('"isBounded":true', '"isBounded":false'));
  const endless = { ...source, spec: { urn: source.spec?.urn ?? '', payload } };
  const transforms = { ...plan.components.transforms, source: endless };
  const prepared = preparePlan({ ...plan, components: { ...plan.components, transforms } });
  expect(prepared.components.transforms.source?.spec?.payload).toMatchObject({
    restrictionCoderId: 'value_watermarked',
    requestsFinalization: true,
  });
  expect(prepared.components.coders.value_watermarked?.componentCoderIds).toEqual(['value', 'millrace_watermark']);
  expect(prepared.requirements).toContain('beam:requirement:pardo:finalization:v1');
});

it('frames the elements of a test stream, and has workers take them out again', () => {
  const plan = samplePlan();
  const inside = { uniqueName: 'around', subtransforms: ['script'], inputs: {}, outputs: { main: 'p5' } };
  const { components, rootTransformIds } = preparePlan({
    ...plan,
    components: { ...plan.components, transforms: { ...plan.components.transforms, around: inside } },
    rootTransformIds: ['read', 'window', 'count', 'opaque', 'around'],
  });
  const { transforms, pcollections, coders } = components;
  expect(rootTransformIds.at(-1)).toBe('around');
  expect(transforms.around?.subtransforms).toEqual(['script', 'script_main_unframe']);
  const { outputs, spec, environmentId } = transforms.script!;
  expect(environmentId).toBeUndefined();
  expect(coders[pcollections[outputs.main!]!.coderId]).toEqual({
    spec: { urn: 'beam:coder:length_prefix:v1' },
    componentCoderIds: ['value'],
  });
  expect(spec?.payload).toMatchObject({ coderId: 'value_framed' });
  const [elements, ...others] = (spec!.payload as unknown as TestStreamPayload).events;
  expect(elements).toEqual({
    kind: 'elements',
    elements: [
      { encoded: Buffer.from([3, 0, 1, 2]).toString('base64'), timestamp: -5 },
      { encoded: Buffer.from([0]).toString('base64'), timestamp: '-9223372036854775' },
    ],
  });
  const { events } = plan.components.transforms.script!.spec!.payload as unknown as TestStreamPayload;
  expect(others).toEqual(events.slice(1));
  expect(transforms.script_main_unframe).toMatchObject({
    inputs: { main: outputs.main },
    outputs: { main: 'p5' },
    environmentId: 'node',
  });
});

it('has a DoFn that asks for finalisation begin a stage', () => {
  const plan = buildPlan(
    definePipeline({
      name: 'finalised',
      build(p) {
        const acknowledge = () => ({ process(): void {} });
        const numbers = p.create('numbers', [1, 2]);
        numbers.parDo('acknowledge', acknowledge, { requestsFinalization: true });
        numbers.reshuffle('spread').parDo('acknowledge spread', acknowledge, { requestsFinalization: true });
        numbers.parDo('others', acknowledge);
      },
    }),
  ).plan;
  const { transforms } = preparePlan(plan).components;
  const before = (name: string): string | undefined => {
    const [input] = Object.values(Object.values(transforms).find(({ uniqueName }) => uniqueName === name)!.inputs);
    return Object.values(transforms).find(({ spec, outputs }) => spec && Object.values(outputs).includes(input!))
      ?.uniqueName;
  };
  expect(before('acknowledge')).toBe('acknowledge/Shuffle');
  expect(before('acknowledge spread')).toBe('spread');
  expect(before('others')).not.toContain('Shuffle');
  expect(preparePlan(plan).rootTransformIds).toContain('acknowledge_shuffle');
});

it('keeps every cell as a bag, gives timers their coder, and tells of the end of windows by one', () => {
  const plan = statefulPlan();
  const prepared = preparePlan(plan);
  const payload = prepared.components.transforms.remember!.spec!.payload as unknown as ParDoPayload;
  expect(payload.onWindowExpiration).toBeUndefined();
  expect(payload.stateSpecs).toEqual({
    last: { kind: 'value', coderId: 'value' },
    all: { kind: 'bag', coderId: 'remember_all_coder_timed' },
    sum: (plan.components.transforms.remember!.spec!.payload as unknown as ParDoPayload).stateSpecs?.sum,
    by: { kind: 'bag', coderId: 'remember_by_coder_entry' },
    seen: { kind: 'bag', coderId: 'remember_seen_coder_entry' },
    log: { kind: 'bag', coderId: 'remember_log_coder_timed' },
    lists: { kind: 'bag', coderId: 'remember_lists_coder_entry' },
  });
  expect(payload.sideInputs?.rates?.accessPattern.urn).toBe('beam:side_input:iterable:v1');
  const coderId = 'remember_timer_coder';
  expect(payload.timerFamilySpecs).toEqual({
    flush: { timeDomain: 'EVENT_TIME', coderId },
    tick: { timeDomain: 'PROCESSING_TIME', coderId },
    [EXPIRATION_FAMILY]: { timeDomain: 'EVENT_TIME', coderId },
  });
  const { coders } = prepared.components;
  expect(coders[coderId]?.componentCoderIds).toEqual(['value', 'global']);
  const ids = Object.values(payload.stateSpecs ?? {}).map((spec) => ('coderId' in spec ? spec.coderId : 'value'));
  for (const id of [...ids, coderId]) expect(() => coderFromSpec(id, coders)).not.toThrow();
});
